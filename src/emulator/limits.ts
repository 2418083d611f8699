/** Numbers with their sources; (B): believed, no official text found. createEmulator may lower them for tests. */
export const defaultLimits = {
  /** docs.hetzner.cloud, rate limiting. */
  requestsPerHour: 3600,
  /** New accounts start low and are raised on request; (B). */
  servers: 1000,
  /** docs.hetzner.com, networks. */
  networks: 100,
  /** frappe/press#5885: resources attached to one network. */
  networkMembers: 100,
  /** (B) */
  subnetsPerNetwork: 50,
  /** (B) */
  routesPerNetwork: 100,
  /** (B) */
  networksPerServer: 3,
  /** (B) */
  aliasIpsPerNetwork: 5,
  /** docs.hetzner.com, firewalls: per project, per server, effective rules. */
  firewalls: 50,
  firewallsPerServer: 5,
  rulesPerFirewall: 50,
  effectiveFirewallRules: 500,
  /** docs.hetzner.com, placement groups. */
  placementGroups: 50,
  serversPerPlacementGroup: 10,
  /** docs.hetzner.com, load balancers: default per account. */
  loadBalancers: 20,
  /** docs.hetzner.com, volumes. */
  volumesPerServer: 16,
  volumes: 1000,
  /** (B) */
  primaryIps: 1000,
  floatingIps: 20,
  certificates: 100,
  sshKeys: 200,
  zones: 100,
  /** docs.hetzner.cloud, servers, create: bytes of user_data. */
  userDataBytes: 32_768,
  /** docs.hetzner.cloud, pagination. */
  perPageDefault: 25,
  perPageMax: 50,
  rrsetsPerPageMax: 100,
};
export type Limits = { readonly [Name in keyof typeof defaultLimits]: number };
