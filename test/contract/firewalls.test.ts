import { expect, test } from 'vitest';
import { createApi } from './api.ts';

const ssh = { direction: 'in', protocol: 'tcp', port: '22', source_ips: ['0.0.0.0/0', '::/0'] };

test('a firewall is made with its rules, answered with both IP lists and canonical IPv6', async () => {
  const api = createApi();
  const rules = [{ ...ssh, source_ips: ['2001:0db8:9a3b:ee58:5ca:990c:8bc9:c03b/128'], description: 'SSH' }];
  const { firewall, actions } = await api.ok('POST /firewalls', { name: 'web', rules, labels: { a: 'b' } });
  expect(firewall).toMatchObject({
    name: 'web',
    labels: { a: 'b' },
    applied_to: [],
    rules: [
      {
        direction: 'in',
        protocol: 'tcp',
        port: '22',
        source_ips: ['2001:db8:9a3b:ee58:5ca:990c:8bc9:c03b/128'],
        destination_ips: [],
        description: 'SSH',
      },
    ],
  });
  expect(actions.map((action: { command: string }) => action.command)).toEqual(['set_firewall_rules']);
  expect(await api.ok('POST /firewalls', { name: 'empty' })).toMatchObject({ actions: [] });
});

test.each([
  ['host bits', { ...ssh, source_ips: ['10.0.0.1/24'] }, 'CIDR block with empty host bits'],
  ['no CIDR', { ...ssh, source_ips: ['10.0.0.1'] }, 'CIDR block with empty host bits'],
  ['no sources', { ...ssh, source_ips: [] }, 'source_ips is required for direction in'],
  ['wrong direction', { ...ssh, direction: 'out' }, 'source_ips is not allowed for direction out'],
  ['a port with icmp', { ...ssh, protocol: 'icmp' }, 'port is not allowed with protocol icmp'],
  ['no port with tcp', { ...ssh, port: undefined }, 'port is required with protocol tcp'],
  ['a backward range', { ...ssh, port: '90-80' }, "port '90-80' is invalid"],
])('a rule with %s is refused', async (_what, rule, message) => {
  const { status, body } = await createApi().ask('POST /firewalls', { name: 'web', rules: [rule] });
  expect([status, body.error.code]).toEqual([422, 'invalid_input']);
  expect(JSON.stringify(body.error.details.fields)).toContain(message);
  expect(body.error.details.fields[0].name).toBe('rules.0');
});

test('rules change when the action ends, and another change meanwhile is a conflict', async () => {
  const api = createApi();
  const { firewall } = await api.done('POST /firewalls', { name: 'web' });
  const path = `/firewalls/${firewall.id}`;
  await api.ok(`POST ${path}/actions/set_rules`, { rules: [ssh] });
  expect((await api.ok(`GET ${path}`)).firewall.rules).toEqual([]);
  expect(await api.say(`POST ${path}/actions/set_rules`, { rules: [] })).toMatch(/^409 conflict/);
  await api.pass(2);
  expect((await api.ok(`GET ${path}`)).firewall.rules).toHaveLength(1);
});

test('a firewall is applied to a server once its action ends, and is in use until it is removed', async () => {
  const api = createApi();
  const server = await api.server('one');
  const { firewall } = await api.done('POST /firewalls', { name: 'web' });
  const path = `/firewalls/${firewall.id}`;
  const target = { type: 'server', server: { id: server.id } };
  const { actions } = await api.ok(`POST ${path}/actions/apply_to_resources`, { apply_to: [target] });
  expect(actions[0]).toMatchObject({
    command: 'apply_firewall',
    status: 'running',
    resources: [
      { id: server.id, type: 'server' },
      { id: firewall.id, type: 'firewall' },
    ],
  });
  expect((await api.ok(`GET ${path}`)).firewall.applied_to).toEqual([]);
  await api.pass(2);
  expect((await api.ok(`GET ${path}`)).firewall.applied_to).toEqual([target]);
  expect((await api.ok(`GET /servers/${server.id}`)).server.public_net.firewalls).toEqual([
    { id: firewall.id, status: 'applied' },
  ]);
  expect([
    await api.say(`DELETE ${path}`),
    await api.say(`POST ${path}/actions/apply_to_resources`, { apply_to: [target] }),
    await api.say(`POST ${path}/actions/apply_to_resources`, { apply_to: [{ type: 'server', server: { id: 7 } }] }),
    await api.say(`POST ${path}/actions/remove_from_resources`, {
      remove_from: [{ type: 'server', server: { id: 7 } }],
    }),
  ]).toEqual([
    `422 resource_in_use: firewall with ID ${firewall.id} is still in use`,
    '422 firewall_already_applied: firewall is already applied to the resource',
    '404 firewall_resource_not_found: firewall resource not found',
    '404 firewall_resource_not_found: firewall resource not found',
  ]);
  await api.done(`POST ${path}/actions/remove_from_resources`, { remove_from: [target] });
  expect(await api.say(`DELETE ${path}`)).toBe('204');
});

test('a label selector follows the labels of servers, and its servers are not removed one by one', async () => {
  const api = createApi();
  const [web, db] = [await api.server('web', { labels: { role: 'web' } }), await api.server('db')];
  const selector = { type: 'label_selector', label_selector: { selector: 'role=web' } };
  const { firewall } = await api.done('POST /firewalls', { name: 'web', apply_to: [selector] });
  const found = async () =>
    (await api.ok(`GET /firewalls/${firewall.id}`)).firewall.applied_to[0].applied_to_resources.map(
      (one: { server: { id: number } }) => one.server.id,
    );
  expect(await found()).toEqual([web.id]);
  await api.ok(`PUT /servers/${db.id}`, { labels: { role: 'web' } });
  await api.ok(`PUT /servers/${web.id}`, { labels: {} });
  expect(await found()).toEqual([db.id]);
  const body = { remove_from: [{ type: 'server', server: { id: db.id } }] };
  expect(await api.say(`POST /firewalls/${firewall.id}/actions/remove_from_resources`, body)).toMatch(
    /^422 firewall_managed_by_label_selector/,
  );
});

test('a firewall acts on public interfaces only, five to a server', async () => {
  const api = createApi();
  const network = { name: 'n', ip_range: '10.0.0.0/16', subnets: [{ type: 'cloud', network_zone: 'eu-central' }] };
  const { network: made } = await api.ok('POST /networks', network);
  const hidden = await api.server('hidden', {
    networks: [made.id],
    public_net: { enable_ipv4: false, enable_ipv6: false },
  });
  const apply_to = [{ type: 'server', server: { id: hidden.id } }];
  expect(await api.say('POST /firewalls', { name: 'web', apply_to })).toMatch(/^422 private_net_only_server/);
  const open = await api.server('open');
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await api.done('POST /firewalls', { name, apply_to: [{ type: 'server', server: { id: open.id } }] });
  expect(await api.say('POST /firewalls', { name: 'f', apply_to: [{ type: 'server', server: { id: open.id } }] })).toBe(
    '403 resource_limit_exceeded: firewalls per server limit exceeded',
  );
});

test('names are unique, labels are replaced as a whole', async () => {
  const api = createApi();
  const { firewall } = await api.ok('POST /firewalls', { name: 'web', labels: { a: '1', b: '2' } });
  expect(await api.say('POST /firewalls', { name: 'web' })).toBe('409 uniqueness_error: name is already used');
  const changed = await api.ok(`PUT /firewalls/${firewall.id}`, { name: 'www', labels: { c: '3' } });
  expect(changed.firewall).toMatchObject({ name: 'www', labels: { c: '3' } });
  expect(await api.say('GET /firewalls/1')).toBe("404 not_found: firewall with ID '1' not found");
});
