import type { Api } from './api.ts';

/*
 * A walk through every route of the API, each answered well at least once. It tests no rule: it is there so that every
 * answer can be held against Hetzner's document.
 */
const actionsOf = async (api: Api, path: string, id: number | string, action: number): Promise<void> => {
  await api.ok(`GET ${path}/actions?sort=id:desc&per_page=5`);
  await api.ok(`GET ${path}/actions/${action}`);
  await api.ok(`GET ${path}/${id}/actions`);
  await api.ok(`GET ${path}/${id}/actions/${action}`);
};

const networks = async (api: Api): Promise<number> => {
  const { network } = await api.ok('POST /networks', {
    name: 'net',
    ip_range: '10.0.0.0/16',
    subnets: [{ type: 'cloud', network_zone: 'eu-central', ip_range: '10.0.1.0/24' }],
    labels: { tour: 'yes' },
  });
  const path = `/networks/${network.id}`;
  const post = (name: string, body?: unknown) => api.done(`POST ${path}/actions/${name}`, body);
  await api.ok('GET /networks?label_selector=tour');
  await api.ok(`GET ${path}`);
  await api.ok(`PUT ${path}`, { name: 'net2', labels: { tour: 'on' }, expose_routes_to_vswitch: false });
  await post('add_subnet', { type: 'cloud', network_zone: 'eu-central', ip_range: '10.0.2.0/24' });
  await post('delete_subnet', { ip_range: '10.0.2.0/24' });
  await post('add_route', { destination: '10.100.1.0/24', gateway: '10.0.1.7' });
  await post('delete_route', { destination: '10.100.1.0/24', gateway: '10.0.1.7' });
  await post('change_ip_range', { ip_range: '10.0.0.0/12' });
  const { action } = await post('change_protection', { delete: false });
  await actionsOf(api, '/networks', network.id, action.id);
  return network.id;
};

const keys = async (api: Api, key: string): Promise<number> => {
  const { ssh_key } = await api.ok('POST /ssh_keys', { name: 'key', public_key: key, labels: {} });
  await api.ok('GET /ssh_keys');
  await api.ok(`GET /ssh_keys/${ssh_key.id}`);
  await api.ok(`PUT /ssh_keys/${ssh_key.id}`, { name: 'key2' });
  return ssh_key.id;
};

const groups = async (api: Api): Promise<number> => {
  const { placement_group } = await api.ok('POST /placement_groups', { name: 'group', type: 'spread' });
  await api.ok('GET /placement_groups');
  await api.ok(`GET /placement_groups/${placement_group.id}`);
  await api.ok(`PUT /placement_groups/${placement_group.id}`, { name: 'group2' });
  return placement_group.id;
};

const servers = async (api: Api, network: number, key: number, group: number): Promise<number> => {
  const body = {
    name: 'one',
    server_type: 'cpx22',
    image: 'debian-12',
    location: 'nbg1',
    ssh_keys: ['key2'],
    user_data: '#cloud-config\n',
    networks: [network],
    labels: { role: 'web' },
  };
  const { server } = await api.done('POST /servers', body);
  const path = `/servers/${server.id}`;
  const post = (name: string, sent?: unknown) => api.done(`POST ${path}/actions/${name}`, sent);
  await api.ok('GET /servers?status=running');
  await api.ok(`GET ${path}`);
  await api.ok(`PUT ${path}`, { name: 'one', labels: { role: 'web' } });
  await api.ok(`GET ${path}/metrics?type=cpu&start=2026-11-23T00:00:00Z&end=2026-11-23T01:00:00Z`);
  for (const name of ['reboot', 'reset', 'reset_password', 'request_console', 'enable_backup']) await post(name);
  await post('create_image', { type: 'backup', description: 'b' });
  for (const name of ['disable_backup', 'shutdown']) await post(name);
  await api.pass(20);
  await post('poweron');
  await post('enable_rescue', { type: 'linux64', ssh_keys: [key] });
  await post('disable_rescue');
  await post('attach_iso', { iso: 'netboot.xyz-multiarch.iso' });
  await post('detach_iso');
  await post('change_dns_ptr', { ip: server.public_net.ipv4.ip, dns_ptr: 'one.example.com' });
  await post('change_protection', { delete: false, rebuild: false });
  await post('change_alias_ips', { network, alias_ips: ['10.0.1.200'] });
  await post('detach_from_network', { network });
  await post('attach_to_network', { network, ip: '10.0.1.20' });
  await post('poweroff');
  await post('add_to_placement_group', { placement_group: group });
  await post('remove_from_placement_group');
  await post('change_type', { server_type: 'cpx32', upgrade_disk: false });
  await post('rebuild', { image: 'ubuntu-24.04' });
  const { action } = await post('poweroff');
  await actionsOf(api, '/servers', server.id, action.id);
  await api.ok(`GET /actions?id=${action.id}`);
  await api.ok(`GET /actions/${action.id}`);
  return server.id;
};

const images = async (api: Api, server: number): Promise<void> => {
  const { image } = await api.done(`POST /servers/${server}/actions/create_image`, { type: 'snapshot' });
  const path = `/images/${image.id}`;
  await api.ok('GET /images?per_page=50&include_deprecated=true');
  await api.ok(`GET ${path}`);
  await api.ok(`PUT ${path}`, { description: 'described', labels: { a: 'b' } });
  const { action } = await api.ok(`POST ${path}/actions/change_protection`, { delete: false });
  await actionsOf(api, '/images', image.id, action.id);
  await api.ok(`DELETE ${path}`);
};

const firewalls = async (api: Api, server: number): Promise<void> => {
  const rules = [
    { direction: 'in', protocol: 'tcp', port: '80', source_ips: ['0.0.0.0/0', '::/0'], description: 'web' },
    { direction: 'out', protocol: 'icmp', destination_ips: ['0.0.0.0/0'] },
  ];
  const selector = { type: 'label_selector', label_selector: { selector: 'role=web' } };
  const target = { type: 'server', server: { id: server } };
  const { firewall, actions } = await api.done('POST /firewalls', { name: 'fw', rules, apply_to: [selector] });
  const path = `/firewalls/${firewall.id}`;
  await api.ok('GET /firewalls');
  await api.done(`POST ${path}/actions/apply_to_resources`, { apply_to: [target] });
  await api.ok(`GET ${path}`);
  await api.ok(`PUT ${path}`, { name: 'fw2' });
  await api.done(`POST ${path}/actions/set_rules`, { rules });
  await api.done(`POST ${path}/actions/remove_from_resources`, { remove_from: [target, selector] });
  await actionsOf(api, '/firewalls', firewall.id, actions[0].id);
  await api.ok(`DELETE ${path}`);
};

const zones = async (api: Api): Promise<void> => {
  const { zone, action } = await api.done('POST /zones', { name: 'example.com', mode: 'primary', ttl: 3600 });
  const path = `/zones/${zone.id}`;
  await api.ok('GET /zones?mode=primary');
  await api.ok('GET /zones/example.com');
  await api.ok(`PUT ${path}`, { labels: { a: 'b' } });
  await api.done(`POST ${path}/actions/change_ttl`, { ttl: 7200 });
  await api.done(`POST ${path}/actions/change_protection`, { delete: false });
  const { zonefile } = await api.ok(`GET ${path}/zonefile`);
  await api.done(`POST ${path}/actions/import_zonefile`, { zonefile });
  await actionsOf(api, '/zones', zone.id, action.id);
  await api.done(`POST ${path}/rrsets`, { name: 'www', type: 'A', ttl: 300, records: [{ value: '1.1.1.1' }] });
  const rrset = `${path}/rrsets/www/A`;
  const post = (name: string, body: unknown) => api.done(`POST ${rrset}/actions/${name}`, body);
  await api.ok(`GET ${path}/rrsets`);
  await api.ok(`GET ${rrset}`);
  await api.ok(`PUT ${rrset}`, { labels: { a: 'b' } });
  await post('set_records', { records: [{ value: '1.1.1.1', comment: 'one' }] });
  await post('add_records', { records: [{ value: '1.1.1.2' }] });
  await post('update_records', { records: [{ value: '1.1.1.2', comment: 'two' }] });
  await post('remove_records', { records: [{ value: '1.1.1.2' }] });
  await post('change_ttl', { ttl: null });
  await post('change_protection', { change: false });
  await api.done(`DELETE ${rrset}`);
  const primary_nameservers = [{ address: '198.51.100.1', port: 53 }];
  await api.done('POST /zones', { name: 'example.org', mode: 'secondary', primary_nameservers });
  await api.done('POST /zones/example.org/actions/change_primary_nameservers', { primary_nameservers });
  await api.ok('GET /zones');
};

const certificates = async (api: Api): Promise<number> => {
  const failed = await api.done('POST /certificates', { name: 'no', type: 'managed', domain_names: ['no.example'] });
  const body = { name: 'web', type: 'managed', domain_names: ['example.com'], labels: {} };
  const { certificate, action } = await api.done('POST /certificates', body);
  await api.ok('GET /certificates?type=managed');
  await api.ok(`GET /certificates/${certificate.id}`);
  await api.ok(`PUT /certificates/${certificate.id}`, { name: 'web2' });
  await api.done(`POST /certificates/${failed.certificate.id}/actions/retry`);
  await actionsOf(api, '/certificates', certificate.id, action.id);
  await api.ok(`DELETE /certificates/${failed.certificate.id}`);
  return certificate.id;
};

/** As the document wants it; that the API takes less is in load-balancers.test.ts. */
const serviceOf = (protocol: 'tcp' | 'http' | 'https', port: number) => ({
  protocol,
  listen_port: port,
  destination_port: port,
  proxyprotocol: false,
  health_check: { protocol: 'tcp', port, interval: 15, timeout: 10, retries: 3 },
});

const loadBalancers = async (api: Api, network: number, server: number, certificate: number): Promise<void> => {
  const services = [serviceOf('tcp', 22)];
  const body = {
    name: 'lb',
    load_balancer_type: 'lb11',
    location: 'nbg1',
    algorithm: { type: 'round_robin' },
    services,
  };
  const { load_balancer, action } = await api.done('POST /load_balancers', body);
  const path = `/load_balancers/${load_balancer.id}`;
  const post = (name: string, sent?: unknown) => api.done(`POST ${path}/actions/${name}`, sent);
  const selector = { type: 'label_selector', label_selector: { selector: 'role=web' }, use_private_ip: true };
  const byId = { type: 'server', server: { id: server }, use_private_ip: true };
  await post('attach_to_network', { network, ip: '10.0.1.5' });
  await post('add_service', serviceOf('http', 80));
  await post('add_service', { ...serviceOf('https', 443), http: { certificates: [certificate] } });
  await post('update_service', { ...serviceOf('http', 80), http: { sticky_sessions: true } });
  await post('add_target', selector);
  await post('add_target', byId);
  await post('add_target', { type: 'ip', ip: { ip: '8.8.8.8' } });
  await api.ok('GET /load_balancers');
  await api.ok(`GET ${path}`);
  await api.ok(`PUT ${path}`, { name: 'lb2' });
  await post('remove_target', { type: 'ip', ip: { ip: '8.8.8.8' } });
  await post('disable_public_interface');
  await post('enable_public_interface');
  await post('change_algorithm', { type: 'least_connections' });
  await post('change_type', { load_balancer_type: 'lb21' });
  await post('change_dns_ptr', { ip: load_balancer.public_net.ipv4.ip, dns_ptr: null });
  await post('change_protection', { delete: false });
  await post('delete_service', { listen_port: 443 });
  await api.ok(`GET ${path}/metrics?type=bandwidth&start=2026-11-23T00:00:00Z&end=2026-11-23T01:00:00Z`);
  await post('detach_from_network', { network });
  await actionsOf(api, '/load_balancers', load_balancer.id, action.id);
  await api.ok(`DELETE ${path}`);
};

const addresses = async (api: Api): Promise<void> => {
  const bare = { server_type: 'cx23', image: 'debian-12', location: 'nbg1', start_after_create: false };
  const public_net = { enable_ipv4: false, enable_ipv6: true };
  const { server } = await api.done('POST /servers', { name: 'bare', ...bare, public_net });
  const { primary_ip } = await api.ok('POST /primary_ips', {
    name: 'ip',
    type: 'ipv4',
    location: 'nbg1',
    auto_delete: false,
  });
  const own = `/primary_ips/${primary_ip.id}`;
  await api.ok('GET /primary_ips');
  await api.ok(`GET ${own}`);
  await api.ok(`PUT ${own}`, { name: 'ip2' });
  const { action } = await api.done(`POST ${own}/actions/assign`, { assignee_id: server.id, assignee_type: 'server' });
  await api.ok(`GET ${own}`);
  await api.done(`POST ${own}/actions/change_dns_ptr`, { ip: primary_ip.ip, dns_ptr: 'ip.example.com' });
  await api.done(`POST ${own}/actions/change_protection`, { delete: false });
  await api.done(`POST ${own}/actions/unassign`);
  await actionsOf(api, '/primary_ips', primary_ip.id, action.id);
  await api.ok(`DELETE ${own}`);
  const { floating_ip } = await api.ok('POST /floating_ips', { type: 'ipv6', home_location: 'nbg1', description: 'd' });
  const floating = `/floating_ips/${floating_ip.id}`;
  await api.ok('GET /floating_ips');
  await api.ok(`GET ${floating}`);
  await api.ok(`PUT ${floating}`, { description: 'e' });
  const assigned = await api.done(`POST ${floating}/actions/assign`, { server: server.id });
  const ip = floating_ip.ip.replace('::/64', '::1');
  await api.done(`POST ${floating}/actions/change_dns_ptr`, { ip, dns_ptr: 'six.example.com' });
  await api.done(`POST ${floating}/actions/change_protection`, { delete: false });
  await api.done(`POST ${floating}/actions/unassign`);
  await actionsOf(api, '/floating_ips', floating_ip.id, assigned.action.id);
  await api.ok(`DELETE ${floating}`);
  await volumes(api, server.id);
};

const volumes = async (api: Api, server: number): Promise<void> => {
  const { volume, action } = await api.done('POST /volumes', { name: 'data', size: 10, server, format: 'ext4' });
  const path = `/volumes/${volume.id}`;
  await api.ok('GET /volumes?status=available');
  await api.ok(`GET ${path}`);
  await api.ok(`PUT ${path}`, { name: 'data2' });
  await api.done(`POST ${path}/actions/detach`);
  await api.done(`POST ${path}/actions/attach`, { server });
  await api.done(`POST ${path}/actions/resize`, { size: 20 });
  await api.done(`POST ${path}/actions/change_protection`, { delete: false });
  await api.done(`POST ${path}/actions/detach`);
  await actionsOf(api, '/volumes', volume.id, action.id);
  await api.ok(`DELETE ${path}`);
};

const catalogue = async (api: Api): Promise<void> => {
  for (const [path, id] of [
    ['/server_types', 114],
    ['/load_balancer_types', 1],
    ['/locations', 1],
    ['/isos', 9007],
  ] as const) {
    await api.ok(`GET ${path}?per_page=50`);
    await api.ok(`GET ${path}/${id}`);
  }
  await api.ok('GET /pricing');
};

export const tour = async (api: Api, publicKey: string): Promise<void> => {
  await catalogue(api);
  const network = await networks(api);
  const key = await keys(api, publicKey);
  const group = await groups(api);
  const server = await servers(api, network, key, group);
  await images(api, server);
  await firewalls(api, server);
  await zones(api);
  const certificate = await certificates(api);
  await loadBalancers(api, network, server, certificate);
  await addresses(api);
  await api.done(`DELETE /servers/${server}`);
  await api.done('DELETE /zones/example.com');
  for (const path of [
    `/certificates/${certificate}`,
    `/placement_groups/${group}`,
    `/ssh_keys/${key}`,
    `/networks/${network}`,
  ])
    await api.ok(`DELETE ${path}`);
};
