/**
 * First segments of the paths that Hetzner's API has (docs.hetzner.cloud, 2026-07-08, and its later changes), and the
 * file that holds, or would hold, their rules here. What lies under one of them and is missing answers 501, loudly;
 * anything else is as unknown to Hetzner as to us: 404.
 */
export const hetznerPaths: Readonly<Record<string, string>> = {
  actions: 'actions.ts',
  certificates: 'certificates.ts',
  datacenters: 'locations.ts',
  firewalls: 'firewalls.ts',
  floating_ips: 'floating-ips.ts',
  images: 'images.ts',
  isos: 'isos.ts',
  load_balancer_types: 'load-balancer-types.ts',
  load_balancers: 'load-balancers.ts',
  locations: 'locations.ts',
  networks: 'networks.ts',
  placement_groups: 'placement-groups.ts',
  pricing: 'pricing.ts',
  primary_ips: 'primary-ips.ts',
  server_types: 'server-types.ts',
  servers: 'servers.ts',
  ssh_keys: 'ssh-keys.ts',
  volumes: 'volumes.ts',
  zones: 'zones.ts',
};
