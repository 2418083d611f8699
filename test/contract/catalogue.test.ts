import { expect, test } from 'vitest';
import { centsOf, sumDecimals } from '../../src/domain/money.ts';
import { createApi } from './api.ts';

interface Type {
  readonly name: string;
  readonly prices: {
    readonly location: string;
    readonly price_monthly: { readonly net: string; readonly gross: string };
  }[];
}
const typesOn = async (date: string): Promise<Type[]> =>
  (await createApi({ date }).ok('GET /server_types?per_page=50')).server_types;
const netOf = (types: readonly Type[], name: string): string =>
  Number(types.find((type) => type.name === name)?.prices[0]?.price_monthly.net ?? Number.NaN).toFixed(2);

test.each([
  ['2024-12-15', 'cx22 3.29, cx23 NaN, cpx22 NaN, cax11 3.29, ccx13 11.99'],
  ['2025-10-16', 'cx22 3.29, cx23 2.99, cpx22 5.99, cax11 3.29, ccx13 11.99'],
  ['2026-01-01', 'cx22 NaN, cx23 2.99, cpx22 5.99, cax11 3.29, ccx13 11.99'],
  ['2026-04-01', 'cx22 NaN, cx23 3.99, cpx22 7.99, cax11 4.49, ccx13 15.99'],
  ['2026-06-15', 'cx22 NaN, cx23 5.49, cpx22 19.49, cax11 5.99, ccx13 42.99'],
  ['2026-11-24', 'cx22 NaN, cx23 5.49, cpx22 19.49, cax11 5.99, ccx13 42.99'],
])('server types and net prices on %s', async (date, expected) => {
  const types = await typesOn(date);
  const names = ['cx22', 'cx23', 'cpx22', 'cax11', 'ccx13'];
  expect(names.map((name) => `${name} ${netOf(types, name)}`).join(', ')).toBe(expected);
});

test('in 2024-12 a cx22 with its IPv4 costs 4.59 a month at 21 % VAT', async () => {
  const { pricing } = await createApi({ date: '2024-12-15' }).ok('GET /pricing');
  const price = (rows: { location: string; price_monthly: { gross: string } }[]) =>
    rows.find((row) => row.location === 'nbg1')?.price_monthly.gross ?? '';
  const server = price(pricing.server_types.find((type: Type) => type.name === 'cx22').prices);
  const ipv4 = price(pricing.primary_ips.find((one: { type: string }) => one.type === 'ipv4').prices);
  expect([pricing.vat_rate, server, ipv4]).toEqual(['21.00', '3.9809000000000000', '0.6050000000000000']);
  expect(centsOf(sumDecimals([server, ipv4]))).toBe(459);
});

test('VAT is the account’s: 19 % by option', async () => {
  const { pricing } = await createApi({ vatPercent: 19 }).ok('GET /pricing');
  const lb11 = pricing.load_balancer_types.find((type: Type) => type.name === 'lb11');
  expect([pricing.vat_rate, lb11.prices[0].price_monthly.gross]).toEqual(['19.00', '8.9131000000000000']);
});

test('cx22 was announced to go before it went; afterwards it answers by id only', async () => {
  const soon = createApi({ date: '2025-11-01' });
  const [cx22] = (await soon.ok('GET /server_types?name=cx22')).server_types;
  expect(cx22).toMatchObject({
    deprecated: true,
    deprecation: { announced: '2025-10-16T00:00:00+00:00', unavailable_after: '2026-01-01T00:00:00+00:00' },
    locations: [{ available: true }, { available: true }, { available: true }],
  });
  const now = createApi();
  expect((await now.ok('GET /server_types?name=cx22')).server_types).toEqual([]);
  const { server_type } = await now.ok(`GET /server_types/${cx22.id}`);
  expect(server_type.locations.map((one: { available: boolean }) => one.available)).toEqual([false, false, false]);
});

test('type 1 is cx11, gone since 2024: found by id, past its date in every location', async () => {
  const { server_type } = await createApi().ok('GET /server_types/1');
  expect(server_type).toMatchObject({ name: 'cx11', deprecation: { unavailable_after: '2024-09-06T00:00:00+00:00' } });
  for (const place of server_type.locations) expect(place).toMatchObject({ available: false, recommended: false });
});

test('cpx11 is gone in Europe and Singapore, and still sold in the United States', async () => {
  const [cpx11] = (await createApi().ok('GET /server_types?name=cpx11')).server_types;
  const sold = cpx11.locations.filter((one: { available: boolean }) => one.available);
  expect(sold.map((one: { name: string }) => one.name)).toEqual(['ash', 'hil']);
  expect(cpx11.deprecation).toBeNull();
});

test('the field `deprecated` is gone since 2026-11-02', async () => {
  const paths = ['/server_types', '/images', '/load_balancer_types'];
  const has = async (date: string) => {
    const api = createApi({ date });
    const answers = await Promise.all(paths.map((path) => api.ok(`GET ${path}`)));
    return answers.map((answer) => 'deprecated' in ((Object.values(answer)[0] as object[])[0] ?? {}));
  };
  expect([await has('2026-11-01'), await has('2026-11-02')]).toEqual([
    [true, true, true],
    [false, false, false],
  ]);
});

test('stock is a fact of the world: dried, an order is refused at once; refilled, it is taken', async () => {
  const api = createApi();
  const place = async () =>
    (await api.ok('GET /server_types?name=cx23')).server_types[0].locations.map(
      (one: { name: string; available: boolean }) => `${one.name} ${one.available}`,
    );
  expect(await place()).toEqual(['fsn1 true', 'nbg1 true', 'hel1 true']);
  api.emulator.world.state.stock['cx23@nbg1'] = false;
  expect(await place()).toEqual(['fsn1 true', 'nbg1 false', 'hel1 true']);
  const order = { name: 'one', server_type: 'cx23', image: 'debian-12', location: 'nbg1' };
  expect(await api.say('POST /servers', order)).toBe('412 resource_unavailable: error during placement');
  api.emulator.world.state.stock['cx23@nbg1'] = true;
  expect(await api.say('POST /servers', order)).toBe('201');
});

test('images: one name, two architectures; deprecated ones only when asked for; they vanish', async () => {
  const api = createApi();
  const ids = async (query: string) =>
    (await api.ok(`GET /images?${query}`)).images.map(
      (one: { id: number; architecture: string }) => `${one.id} ${one.architecture}`,
    );
  expect(await ids('name=ubuntu-24.04')).toEqual(['161547269 x86', '161547270 arm']);
  expect(await ids('name=ubuntu-24.04&architecture=x86')).toEqual(['161547269 x86']);
  expect(await ids('name=debian-11')).toEqual([]);
  expect(await ids('name=debian-11&include_deprecated=true')).toHaveLength(2);
  const later = createApi({ date: '2026-12-01' });
  expect((await later.ok('GET /images?name=debian-11&include_deprecated=true')).images).toEqual([]);
});

test('snapshots are described, protected and deleted; system images are nobody’s to change', async () => {
  const api = createApi();
  const server = await api.server('one');
  const { image } = await api.done(`POST /servers/${server.id}/actions/create_image`, {
    description: 'a',
    type: 'snapshot',
  });
  const path = `/images/${image.id}`;
  await api.ok(`PUT ${path}`, { description: 'b', labels: { a: 'b' } });
  expect((await api.ok('GET /images?type=snapshot')).images).toMatchObject([
    { description: 'b', labels: { a: 'b' }, name: null },
  ]);
  await api.ok(`POST ${path}/actions/change_protection`, { delete: true });
  expect(await api.say(`DELETE ${path}`)).toBe('423 protected: snapshot deletion is protected');
  await api.ok(`POST ${path}/actions/change_protection`, { delete: false });
  expect(await api.say(`DELETE ${path}`)).toBe('204');
  expect(await api.say('DELETE /images/161547269')).toMatch(/^403 forbidden/);
});

test('locations, ISOs, load balancer types by name and id; data centres are 410 since 2026-10-01', async () => {
  const api = createApi();
  expect((await api.ok('GET /locations')).locations.map((one: { name: string }) => one.name)).toEqual([
    'fsn1',
    'nbg1',
    'hel1',
    'ash',
    'hil',
    'sin',
  ]);
  expect((await api.ok('GET /locations/2')).location).toMatchObject({ name: 'nbg1', network_zone: 'eu-central' });
  expect((await api.ok('GET /load_balancer_types?name=lb11')).load_balancer_types).toMatchObject([
    { id: 1, max_services: 5 },
  ]);
  const isos = async (query: string) => (await api.ok(`GET /isos?${query}`)).isos.length;
  expect([await isos('architecture=arm'), await isos('architecture=arm&include_architecture_wildcard=true')]).toEqual([
    2, 3,
  ]);
  expect(await api.say('GET /datacenters')).toBe('410 deprecated_api_endpoint: API functionality was removed');
  const before = createApi({ date: '2026-09-30' });
  expect((await before.ok('GET /datacenters?name=nbg1-dc3')).datacenters).toMatchObject([
    { location: { name: 'nbg1' } },
  ]);
});

test.each(['/server_types', '/load_balancer_types', '/isos', '/locations'])(
  '%s takes the sort that older clients send',
  async (path) => {
    const answer = await createApi().ok(`GET ${path}?sort=id:desc`);
    const ids = (Object.values(answer)[0] as { id: number }[]).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(2);
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  },
);
