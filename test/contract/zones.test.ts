import { expect, test } from 'vitest';
import { type Api, createApi } from './api.ts';

const zone = async (api: Api, more: Record<string, unknown> = {}) =>
  (await api.done('POST /zones', { name: 'example.com', mode: 'primary', ...more })).zone;
const records = async (api: Api, path: string) =>
  (await api.ok(`GET /zones/example.com/rrsets/${path}`)).rrset.records.map((one: { value: string }) => one.value);

test('a zone comes with SOA and three NS, and is found by id and by name', async () => {
  const api = createApi();
  const made = await zone(api, { labels: { a: 'b' } });
  expect(made).toMatchObject({
    name: 'example.com',
    mode: 'primary',
    ttl: 3600,
    status: 'ok',
    record_count: 4,
    labels: { a: 'b' },
  });
  expect((await api.ok(`GET /zones/${made.id}`)).zone).toEqual((await api.ok('GET /zones/example.com')).zone);
  expect((await api.ok('GET /zones?name=example.com')).zones).toHaveLength(1);
  const { rrsets } = await api.ok('GET /zones/example.com/rrsets');
  expect(rrsets.map((one: { id: string }) => one.id)).toEqual(['@/SOA', '@/NS']);
  expect(await records(api, '@/NS')).toEqual([
    'hydrogen.ns.hetzner.com.',
    'oxygen.ns.hetzner.com.',
    'helium.ns.hetzner.de.',
  ]);
  expect(await records(api, '@/SOA')).toEqual([
    'hydrogen.ns.hetzner.com. dns.hetzner.com. 2026112400 86400 10800 3600000 3600',
  ]);
});

test.each([
  ['Example.com', 'name must be in lower case'],
  ['example.com.', 'name must not end with a dot'],
  ['www.example.com', 'subdomains are not supported'],
  ['co.uk', 'subdomains are not supported'],
  ['com', 'not a valid domain name'],
])('the zone name %s is refused', async (name, message) => {
  const { status, body } = await createApi().ask('POST /zones', { name, mode: 'primary' });
  expect([status, body.error.code]).toEqual([422, 'invalid_input']);
  expect(JSON.stringify(body.error.details)).toContain(message);
});

test('rrsets: made, listed, labelled, deleted with an action and 201', async () => {
  const api = createApi();
  await zone(api);
  const body = { name: 'www', type: 'A', ttl: 300, records: [{ value: '1.2.3.4', comment: 'lb' }], labels: { a: 'b' } };
  const { rrset, action } = await api.ok('POST /zones/example.com/rrsets', body);
  expect(action).toMatchObject({ command: 'create_rrset', resources: [{ id: rrset.zone, type: 'zone' }] });
  expect(rrset).toEqual({ id: 'www/A', protection: { change: false }, zone: rrset.zone, ...body });
  expect(await api.say('POST /zones/example.com/rrsets', body)).toMatch(/^409 uniqueness_error/);
  const cname = { name: 'www', type: 'CNAME', records: [{ value: 'example.com.' }] };
  expect(await api.say('POST /zones/example.com/rrsets', cname)).toMatch(/^422 invalid_input/);
  await api.ok('PUT /zones/example.com/rrsets/www/A', { labels: { c: 'd' } });
  expect((await api.ok('GET /zones/example.com/rrsets?type=A')).rrsets).toMatchObject([{ labels: { c: 'd' } }]);
  expect(await api.say('DELETE /zones/example.com/rrsets/www/A')).toBe('201');
  await api.settled();
  expect(await api.say('GET /zones/example.com/rrsets/www/A')).toBe("404 not_found: RRSet 'www/A' not found");
});

test.each([
  ['A', '1.2.3', false],
  ['A', '1.2.3.4', true],
  ['AAAA', '2001:db8::1', true],
  ['AAAA', '1.2.3.4', false],
  ['TXT', 'not quoted', false],
  ['TXT', '"v=spf1 -all"', true],
  ['MX', '10 mail.example.com.', true],
  ['MX', 'mail.example.com.', false],
  ['CAA', '0 issue "letsencrypt.org"', true],
  ['CAA', 'letsencrypt.org', false],
  ['SRV', '10 5 443 host.example.com.', true],
  ['CNAME', 'a b', false],
])('a %s record may say %s: %s', async (type, value, allowed) => {
  const api = createApi();
  await zone(api);
  const said = await api.say('POST /zones/example.com/rrsets', { name: 'x', type, records: [{ value }] });
  expect(said).toBe(allowed ? '201' : "422 invalid_input: invalid input in field 'records'");
});

test('record actions: set replaces, add appends and makes, remove empties, update comments with 200', async () => {
  const api = createApi();
  await zone(api);
  const path = '/zones/example.com/rrsets/www/A/actions';
  const of = (...values: string[]) => ({ records: values.map((value) => ({ value })) });
  expect(await api.say(`POST ${path}/set_records`, of('1.1.1.1'))).toMatch(/^404 not_found/);
  await api.done(`POST ${path}/add_records`, { ...of('1.1.1.1'), ttl: 300 });
  await api.done(`POST ${path}/add_records`, of('1.1.1.2'));
  expect(await records(api, 'www/A')).toEqual(['1.1.1.1', '1.1.1.2']);
  expect(await api.say(`POST ${path}/add_records`, { ...of('1.1.1.3'), ttl: 60 })).toMatch(/^422 invalid_input/);
  await api.done(`POST ${path}/set_records`, of('2.2.2.2', '2.2.2.3'));
  expect(await records(api, 'www/A')).toEqual(['2.2.2.2', '2.2.2.3']);
  expect(await api.say(`POST ${path}/update_records`, { records: [{ value: '2.2.2.2', comment: 'first' }] })).toBe(
    '200',
  );
  expect((await api.ok('GET /zones/example.com/rrsets/www/A')).rrset).toMatchObject({
    ttl: 300,
    records: [
      { value: '2.2.2.2', comment: 'first' },
      { value: '2.2.2.3', comment: '' },
    ],
  });
  expect(await api.say(`POST ${path}/remove_records`, of('9.9.9.9'))).toMatch(/^422 invalid_input/);
  await api.done(`POST ${path}/remove_records`, of('2.2.2.2', '2.2.2.3'));
  expect(await api.say('GET /zones/example.com/rrsets/www/A')).toMatch(/^404/);
});

test('the SOA serial grows with every change of records', async () => {
  const api = createApi();
  await zone(api);
  const serial = async () => Number((await records(api, '@/SOA'))[0].split(' ')[2]);
  const before = await serial();
  await api.done('POST /zones/example.com/rrsets', { name: 'a', type: 'A', records: [{ value: '1.1.1.1' }] });
  await api.done('DELETE /zones/example.com/rrsets/a/A');
  expect(await serial()).toBe(before + 2);
});

test('a change-protected rrset is left alone, by zone file too', async () => {
  const api = createApi();
  await zone(api, { rrsets: [{ name: 'www', type: 'A', records: [{ value: '1.1.1.1' }] }] });
  const path = '/zones/example.com/rrsets/www/A';
  await api.ok(`POST ${path}/actions/change_protection`, { change: true });
  const refused = '423 protected: RRSet(s) is/are change protected';
  const { zonefile } = await api.ok('GET /zones/example.com/zonefile');
  expect([
    await api.say(`DELETE ${path}`),
    await api.say(`POST ${path}/actions/change_ttl`, { ttl: 60 }),
    await api.say(`POST ${path}/actions/set_records`, { records: [{ value: '1.1.1.2' }] }),
    await api.say('POST /zones/example.com/actions/import_zonefile', { zonefile }),
  ]).toEqual([refused, refused, refused, refused]);
  await api.ok(`POST ${path}/actions/change_protection`, { change: false });
  expect(await api.say(`DELETE ${path}`)).toBe('201');
});

test('a zone file that was exported imports to the same zone', async () => {
  const api = createApi();
  await zone(api, {
    rrsets: [
      { name: '@', type: 'TXT', records: [{ value: '"v=spf1 ; -all"', comment: 'mail' }] },
      { name: 'www', type: 'A', ttl: 300, records: [{ value: '1.1.1.1' }, { value: '1.1.1.2' }] },
    ],
  });
  const shown = async () =>
    (await api.ok('GET /zones/example.com/rrsets?sort=id')).rrsets
      .filter((one: { type: string }) => one.type !== 'SOA')
      .map((one: { id: string; ttl: number; records: { value: string }[] }) =>
        [one.id, one.ttl, ...one.records.map(({ value }) => value)].join(' '),
      );
  const before = await shown();
  const { zonefile } = await api.ok('GET /zones/example.com/zonefile');
  expect(zonefile).toMatch(/^\$ORIGIN\texample\.com\.\n\$TTL\t3600\n\n@\tIN\tSOA\t/);
  await api.done('POST /zones/example.com/actions/import_zonefile', { zonefile });
  expect(await shown()).toEqual(before);
});

test('a zone file may be written by hand: parentheses, comments, relative and absolute names', async () => {
  const api = createApi();
  await zone(api);
  const zonefile = `$ORIGIN example.com.
$TTL 7200
@ IN SOA hydrogen.ns.hetzner.com. dns.hetzner.com. (
      2024010100 ; serial
      86400 10800 3600000 3600 )
@ 10800 IN NS hydrogen.ns.hetzner.com. ; first
  10800 IN NS oxygen.ns.hetzner.com.
  10800 IN NS helium.ns.hetzner.de.
www IN A 1.1.1.1
mail.example.com. 300 A 1.1.1.2
`;
  await api.done('POST /zones/example.com/actions/import_zonefile', { zonefile });
  expect(await records(api, 'www/A')).toEqual(['1.1.1.1']);
  expect((await api.ok('GET /zones/example.com/rrsets/mail/A')).rrset.ttl).toBe(300);
  expect((await api.ok('GET /zones/example.com')).zone).toMatchObject({ ttl: 7200, record_count: 6 });
  const without = (part: string) =>
    zonefile
      .split('\n')
      .filter((line) => !line.includes(part))
      .join('\n');
  const refused = await api.say('POST /zones/example.com/actions/import_zonefile', { zonefile: without('oxygen') });
  expect(refused).toMatch(/^422 invalid_input/);
});

test('a secondary zone takes nameservers and no records', async () => {
  const api = createApi();
  const mode = 'secondary';
  expect(await api.say('POST /zones', { name: 'example.com', mode })).toMatch(/^422 invalid_input/);
  const made = await zone(api, { mode, primary_nameservers: [{ address: '198.51.100.1' }] });
  expect(made).toMatchObject({ mode, record_count: 0, primary_nameservers: [{ address: '198.51.100.1' }] });
  expect(await api.say('GET /zones/example.com/rrsets')).toMatch(/^422 incorrect_zone_mode/);
  const body = { primary_nameservers: [{ address: '198.51.100.2', port: 5353 }] };
  expect(await api.say('POST /zones/example.com/actions/change_primary_nameservers', body)).toBe('201');
});

test('a zone is protected, then deleted with all it holds; its name is free again', async () => {
  const api = createApi();
  await zone(api);
  expect(await api.say('POST /zones', { name: 'example.com', mode: 'primary' })).toBe(
    '409 uniqueness_error: name is already used',
  );
  await api.ok('POST /zones/example.com/actions/change_protection', { delete: true });
  expect(await api.say('DELETE /zones/example.com')).toBe('423 protected: zone is delete protected');
  await api.ok('POST /zones/example.com/actions/change_protection', { delete: false });
  expect((await api.done('DELETE /zones/example.com')).action.command).toBe('delete_zone');
  expect(await api.say('GET /zones/example.com')).toMatch(/^404 not_found/);
  expect((await zone(api)).record_count).toBe(4);
});

test('while a zone is being made a change of its records conflicts, and they can be read', async () => {
  const api = createApi();
  await api.ok('POST /zones', { name: 'example.com', mode: 'primary' });
  const body = { name: 'www', type: 'A', records: [{ value: '198.51.100.1' }] };
  expect(await api.say('POST /zones/example.com/rrsets', body)).toMatch(/^409 conflict/);
  expect((await api.ok('GET /zones/example.com/rrsets')).rrsets).toHaveLength(2);
  expect((await api.ok('GET /zones/example.com/rrsets/@/NS')).rrset.name).toBe('@');
});
