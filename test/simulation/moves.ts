import type { Fault } from '../../src/emulator/faults.ts';
import type { Document } from '../support/lab.ts';
import type { Chance, Fuse, Kind, Simulated } from './simulated.ts';

/* What may happen to a world. Each move tells what it did in one line of the story; one that can't happen now does nothing. */
export type Move = (world: Simulated, chance: Chance) => Promise<string>;

const production = ({ config }: Simulated): Document => config.environments.production;

/** Writes one of the values at a key of infra.yaml. */
const edit =
  (what: string, at: (world: Simulated) => Document, key: string, values: readonly unknown[]): Move =>
  async (world, chance) => {
    const value = chance.pick(values);
    at(world)[key] = structuredClone(value);
    return `${what} ${JSON.stringify(value)}`;
  };
const servers = (world: Simulated): Document => production(world).servers;
const defaults = ({ config }: Simulated): Document => config.defaults;
const jobs =
  (name: string): Move =>
  async (world, chance) => {
    const job = { count: chance.pick([1, 2, 3]), image: `developeraipacto/${name}:${chance.pick(['v1', 'v2'])}` };
    production(world).jobs[name] = job;
    return `job ${name} ${JSON.stringify(job)}`;
  };
const rule = (port: string) => ({ direction: 'in', protocol: 'tcp', port, ips: ['0.0.0.0/0'] });
const ladders = [['cx23', 'cpx22'], ['cpx32'], ['cpx22', 'cx33'], ['cx33'], ['cax11']];
const places = [
  ['nbg1', 'fsn1'],
  ['fsn1', 'nbg1'],
  ['nbg1', 'fsn1', 'hel1'],
];
const domains = ['aipacto.com', 'www.aipacto.com', 'app.aipacto.com'];
const ranges = ['10.0', '10.0', '10.77'].map((start) => ({ range: `${start}.0.0/16`, subnet: `${start}.1.0/24` }));

export const edits: Readonly<Record<string, Move>> = {
  count: edit('count', servers, 'count', [1, 3, 3, 5]),
  image: edit('image', (world) => defaults(world).servers, 'image', ['debian-12', 'debian-13', 'ubuntu-24.04']),
  types: edit('types', servers, 'types', ladders),
  firewall: edit('firewall', production, 'firewall', [
    [rule('22')],
    [rule('22'), rule('2222')],
    [rule('22'), rule('8000')],
  ]),
  ingress: async (world, chance) => {
    const to = chance.pick(['load-balancer', 'dns']);
    const tls = to === 'dns' ? 'off' : chance.pick(['managed', 'off']);
    Object.assign(production(world), { ingress: to, tls });
    return `ingress ${to} ${tls}`;
  },
  domain: edit('domain', ({ config }) => config, 'domain', domains),
  server: jobs('server'),
  web: jobs('web'),
  labels: edit('labels', production, 'labels', [{}, { team: 'a' }, { team: 'b', tier: 'x' }]),
  protected: edit('protected', production, 'protected', [true, false]),
  balancer: edit('load_balancer', production, 'load_balancer', ['lb11', 'lb21']),
  backups: edit('backups', servers, 'backups', [true, false]),
  locations: edit('locations', production, 'locations', places),
  ttl: edit('ttl', ({ config }) => config.dns, 'ttl', [60, 300, 600]),
  range: edit('network', production, 'network', ranges),
};

/** Somebody's request may be refused (locked, in use): then nothing happened. */
const tried = async (what: string, work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return what;
  } catch (error) {
    return `${what}: refused (${error instanceof Error ? error.message.slice(0, 120) : error})`;
  }
};

const ours = async (world: Simulated, kind: Kind): Promise<Document[]> =>
  (await world.rows(kind)).filter((row) => {
    const maker = world.makers.get(`${kind}/${row.id}`);
    return maker === 'production';
  });
const one = async (world: Simulated, chance: Chance, kind: Kind): Promise<Document | undefined> => {
  const rows = await ours(world, kind);
  return rows.length === 0 ? undefined : chance.pick(rows);
};
const onOne =
  (kind: Kind, what: string, work: (world: Simulated, row: Document, chance: Chance) => Promise<unknown>): Move =>
  async (world, chance) => {
    const row = await one(world, chance, kind);
    if (row === undefined) return `${what}: nothing there`;
    return tried(`${what} ${row.name}`, () => work(world, row, chance));
  };
const act = (world: Simulated, kind: Kind, id: number, action: string, body: unknown = {}) =>
  world.api('POST', `/${kind}/${id}/actions/${action}`, body);

const renamable: readonly Kind[] = [
  'servers',
  'networks',
  'firewalls',
  'placement_groups',
  'load_balancers',
  'certificates',
];

export const drifts: Readonly<Record<string, Move>> = {
  deleteServer: onOne('servers', 'delete server', (world, row) => world.api('DELETE', `/servers/${row.id}`)),
  deleteAllServers: async (world) => {
    const rows = await ours(world, 'servers');
    return tried(`delete all ${rows.length} servers`, async () => {
      for (const row of rows) await world.api('DELETE', `/servers/${row.id}`);
    });
  },
  deleteTwoServers: async (world) => {
    const rows = (await ours(world, 'servers')).slice(0, 2);
    return tried(`delete ${rows.map((row) => row.name).join(' and ')}`, async () => {
      for (const row of rows) await world.api('DELETE', `/servers/${row.id}`);
    });
  },
  deleteNetwork: onOne('networks', 'delete network', (world, row) => world.api('DELETE', `/networks/${row.id}`)),
  deleteBalancer: onOne('load_balancers', 'delete load balancer', (world, row) =>
    world.api('DELETE', `/load_balancers/${row.id}`),
  ),
  deleteCertificate: onOne('certificates', 'delete certificate', (world, row) =>
    world.api('DELETE', `/certificates/${row.id}`),
  ),
  deleteFirewall: onOne('firewalls', 'delete firewall', async (world, row) => {
    for (const used of row.applied_to)
      await act(world, 'firewalls', row.id, 'remove_from_resources', {
        remove_from: [{ type: 'server', server: used.server }],
      });
    await world.sleep(5_000);
    await world.api('DELETE', `/firewalls/${row.id}`);
  }),
  deleteGroup: onOne('placement_groups', 'delete placement group', (world, row) =>
    world.api('DELETE', `/placement_groups/${row.id}`),
  ),
  deleteZone: onOne('zones', 'delete zone', (world, row) => world.api('DELETE', `/zones/${row.id}`)),
  rename: async (world, chance) => {
    const kind = chance.pick(renamable);
    return onOne(kind, `rename one of ${kind}`, (w, row) =>
      w.api('PUT', `/${kind}/${row.id}`, { name: `${row.name}-x` }),
    )(world, chance);
  },
  stripLabels: async (world, chance) => {
    const kind = chance.pick(renamable);
    return onOne(kind, `strip labels of one of ${kind}`, (w, row) => {
      const { [chance.pick(Object.keys(row.labels))]: _gone, ...rest } = row.labels;
      return w.api('PUT', `/${kind}/${row.id}`, { labels: chance.often(0.5) ? {} : rest });
    })(world, chance);
  },
  relabel: async (world, chance) => {
    const kind = chance.pick(renamable);
    return onOne(kind, `relabel one of ${kind}`, (w, row) =>
      w.api('PUT', `/${kind}/${row.id}`, {
        labels: {
          ...row.labels,
          ...chance.pick([
            { environment: 'staging' },
            { address: 'server.production-9' },
            { hello: 'x' },
            { 'user-data': 'abc' },
          ]),
        },
      }),
    )(world, chance);
  },
  rules: onOne('firewalls', 'change rules of', (world, row, chance) =>
    act(world, 'firewalls', row.id, 'set_rules', {
      rules: chance.often(0.3)
        ? []
        : [
            ...row.rules,
            { direction: 'in', protocol: 'tcp', port: '9999', source_ips: ['0.0.0.0/0'], destination_ips: [] },
          ],
    }),
  ),
  unfirewall: onOne('firewalls', 'take a server from behind', (world, row, chance) =>
    act(world, 'firewalls', row.id, 'remove_from_resources', {
      remove_from: [{ type: 'server', server: { id: chance.pick<Document>(row.applied_to).server.id } }],
    }),
  ),
  powerOff: onOne('servers', 'power off', (world, row) => act(world, 'servers', row.id, 'poweroff')),
  detach: onOne('servers', 'detach from network', (world, row) =>
    act(world, 'servers', row.id, 'detach_from_network', { network: row.private_net[0].network }),
  ),
  resize: onOne('servers', 'resize', async (world, row, chance) => {
    await act(world, 'servers', row.id, 'poweroff');
    await world.sleep(10_000);
    await act(world, 'servers', row.id, 'change_type', {
      server_type: chance.pick(['cpx32', 'cx33', 'cpx22']),
      upgrade_disk: chance.often(0.3),
    });
  }),
  rebuild: onOne('servers', 'rebuild by hand', (world, row) =>
    act(world, 'servers', row.id, 'rebuild', { image: 'debian-13' }),
  ),
  protectServer: onOne('servers', 'protect', (world, row) =>
    act(world, 'servers', row.id, 'change_protection', { delete: true, rebuild: true }),
  ),
  protectBalancer: onOne('load_balancers', 'protect', (world, row) =>
    act(world, 'load_balancers', row.id, 'change_protection', { delete: true }),
  ),
  protectNetwork: onOne('networks', 'protect', (world, row) =>
    act(world, 'networks', row.id, 'change_protection', { delete: true }),
  ),
  ungroup: onOne('servers', 'ungroup', async (world, row) => {
    await act(world, 'servers', row.id, 'poweroff');
    await world.sleep(10_000);
    await act(world, 'servers', row.id, 'remove_from_placement_group');
    await act(world, 'servers', row.id, 'poweron');
  }),
  target: onOne('load_balancers', 'remove a target of', (world, row) =>
    act(world, 'load_balancers', row.id, 'remove_target', {
      type: 'label_selector',
      label_selector: row.targets[0].label_selector,
    }),
  ),
  service: onOne('load_balancers', 'remove the service of', (world, row) =>
    act(world, 'load_balancers', row.id, 'delete_service', { listen_port: row.services[0].listen_port }),
  ),
  balancerNetwork: onOne('load_balancers', 'detach from network', (world, row) =>
    act(world, 'load_balancers', row.id, 'detach_from_network', { network: row.private_net[0].network }),
  ),
  balancerPublic: onOne('load_balancers', 'disable the public interface of', (world, row) =>
    act(world, 'load_balancers', row.id, 'disable_public_interface'),
  ),
  records: async (world, chance) => {
    const zone = (await world.rows('zones'))[0];
    if (zone === undefined) return 'records: no zone';
    const { rrsets } = await world.api('GET', `/zones/${zone.id}/rrsets`);
    const row = rrsets.find((each: Document) => each.labels.environment === 'production' && each.type === 'A');
    if (row === undefined) return 'records: none of ours';
    const path = `/zones/${zone.id}/rrsets/${encodeURIComponent(row.name)}/${row.type}`;
    return tried(`change record ${row.name}`, () =>
      chance.often(0.3)
        ? world.api('DELETE', path)
        : chance.often(0.3)
          ? world.api('PUT', path, { labels: {} })
          : world.api('POST', `${path}/actions/set_records`, { records: [{ value: '192.0.2.9' }] }),
    );
  },
  route: onOne('networks', 'add a route to', (world, row) =>
    act(world, 'networks', row.id, 'add_route', {
      destination: '10.100.1.0/24',
      gateway: row.subnets[0].ip_range.replace('0/24', '9'),
    }),
  ),
  hours: async (world, chance) => {
    const hours = chance.pick([1, 30, 24 * 40]);
    await world.sleep(hours * 3_600_000);
    return `${hours} hours pass`;
  },
};

export const strangers: Readonly<Record<string, Move>> = {
  server: async (world, chance) => {
    const name = chance.pick(['somebody-1', 'aipacto-production-1', 'aipacto-production-2', 'aipacto-production-4']);
    return tried(`somebody's server ${name}`, () =>
      world.foreign('/servers', { name, server_type: 'cpx22', image: 'ubuntu-24.04', location: 'nbg1' }),
    );
  },
  network: async (world, chance) => {
    const name = chance.pick(['somebody', 'aipacto-production']);
    return tried(`somebody's network ${name}`, () => world.foreign('/networks', { name, ip_range: '10.0.0.0/16' }));
  },
  firewall: async (world, chance) => {
    const name = chance.pick(['somebody', 'aipacto-production']);
    return tried(`somebody's firewall ${name}`, async () => {
      const server = chance.often(0.5) ? await one(world, chance, 'servers') : undefined;
      await world.foreign('/firewalls', {
        name,
        rules: [],
        ...(server === undefined ? {} : { apply_to: [{ type: 'server', server: { id: server.id } }] }),
      });
    });
  },
  balancer: async (world, chance) => {
    const name = chance.pick(['somebody', 'aipacto-production']);
    return tried(`somebody's load balancer ${name}`, () =>
      world.foreign('/load_balancers', {
        name,
        load_balancer_type: 'lb11',
        location: 'nbg1',
        algorithm: { type: 'round_robin' },
      }),
    );
  },
  group: async (world) =>
    tried("somebody's placement group aipacto-production", () =>
      world.foreign('/placement_groups', { name: 'aipacto-production', type: 'spread' }),
    ),
  zone: async (world) =>
    tried("somebody's zone", () => world.foreign('/zones', { name: 'aipacto.com', mode: 'primary', ttl: 7200 })),
  record: async (world, chance) => {
    const zone = (await world.rows('zones'))[0];
    if (zone === undefined) return "somebody's record: no zone";
    const name = chance.pick(['@', 'www', 'app', 'mail', 'staging']);
    return tried(`somebody's record ${name}`, () =>
      world.foreign(`/zones/${zone.id}/rrsets`, { name, type: 'A', records: [{ value: '192.0.2.77' }] }),
    );
  },
  volume: async (world, chance) => {
    const server = await one(world, chance, 'servers');
    return tried("somebody's volume", () =>
      world.foreign('/volumes', {
        name: `data-${chance.below(1e6)}`,
        size: 10,
        ...(server === undefined ? { location: 'nbg1' } : { server: server.id }),
      }),
    );
  },
};

const faults: readonly Fault[] = [
  { kind: 'refuse', code: 'conflict' },
  { kind: 'refuse', code: 'unavailable', status: 503 },
  { kind: 'refuse', code: 'server_error', status: 500 },
  { kind: 'refuse', code: 'rate_limit_exceeded', status: 429 },
  { kind: 'refuse', code: 'locked', status: 423 },
  { kind: 'http', status: 502 },
  { kind: 'http', status: 504 },
  { kind: 'unreachable' },
  { kind: 'delay', ms: 2_000 },
  { kind: 'delay', ms: 45_000 },
  { kind: 'lost-reply' },
  { kind: 'cut-reply' },
  { kind: 'partial-page' },
  { kind: 'action-error' },
];

export const misfortune = (world: Simulated, chance: Chance): string => {
  const rate = chance.pick([0.02, 0.05, 0.15, 0.3]);
  const chosen = [chance.pick(faults), chance.pick(faults), chance.pick(faults)];
  world.misfortune = {
    seed: chance.below(1e6),
    rate,
    faults: chosen,
    ...(chance.often(0.5) ? { method: chance.pick(['GET', 'POST', 'POST', 'DELETE', 'PUT']) } : {}),
  };
  return `faults at ${rate}: ${chosen.map((fault) => JSON.stringify(fault)).join(' ')}`;
};
export const fuse = (chance: Chance): Fuse => ({
  when: chance.pick(['before the request', 'after the request', 'before the state', 'after the state', 'interrupt']),
  nth: 1 + chance.below(40),
});
