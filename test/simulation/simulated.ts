import { parse, stringify } from 'yaml';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import type { DrawnFaults } from '../../src/emulator/faults.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Fetch } from '../../src/ports/machines.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createLab, type Document, type Lab, type Ran, shippedConfig } from '../support/lab.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';

/*
 * One world that things happen to, with somebody else working in the same Hetzner project, and a witness of every
 * writing request: who made an object decides who may touch it.
 */
export interface Chance {
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
  often(probability: number): boolean;
}
export const chanceOf = (seed: number): Chance => {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random.fraction() * n);
  return {
    below,
    pick: <T>(list: readonly T[]): T => {
      const one = list[below(list.length)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    },
    often: (probability) => random.fraction() < probability,
  };
};

export const kinds = [
  'servers',
  'networks',
  'firewalls',
  'placement_groups',
  'load_balancers',
  'certificates',
  'volumes',
  'zones',
  'primary_ips',
] as const;
export type Kind = (typeof kinds)[number];

/** Who made it: an environment of ours, or somebody else. */
export type Maker = string;
export const somebody: Maker = 'somebody else';

export interface Fuse {
  readonly when: 'before the request' | 'after the request' | 'before the state' | 'after the state' | 'interrupt';
  readonly nth: number;
}
class Killed extends Error {}

export interface Simulated {
  readonly emulator: Emulator;
  readonly documents: Map<string, string>;
  readonly makers: Map<string, Maker>;
  readonly story: string[];
  /** infra.yaml as data; changed by edits, written out for each command. */
  config: Document;
  /** What somebody began is still under way: what is seen before and after a run may differ by that. */
  unsettled: boolean;
  /** What the next process meets. */
  misfortune: DrawnFaults | undefined;
  api: Lab['api'];
  /** One process, from its start to its end or its death. Fails on a broken rule. */
  run(command: string, how?: { readonly fuse?: Fuse; readonly environment?: string }): Promise<Ran>;
  rows(kind: Kind): Promise<Document[]>;
  /** Somebody else makes something. */
  foreign(path: string, body: unknown): Promise<void>;
  sleep(ms: number): Promise<void>;
}

export const createSimulated = (seed: number): Simulated => {
  const emulator = createEmulator({ machines: createMachineModels, checkResponses: true, seed });
  const memory: MemoryStore = createMemoryStore();
  const makers = new Map<string, Maker>();
  const story: string[] = [];
  const outsider = createLab({ over: emulator, store: memory });
  let processes = 0;

  const rows = async (kind: Kind): Promise<Document[]> => (await outsider.api('GET', `/${kind}?per_page=50`))[kind];
  /** A zone that is being deleted answers 409. */
  const recordsOf = async (zone: Document): Promise<Document[]> => {
    const reply = await outsider.api('GET', `/zones/${zone.id}/rrsets?per_page=100`).catch((error: Error) => {
      if (error.message.includes('409')) return { rrsets: [] };
      throw error;
    });
    return reply.rrsets;
  };
  const records = async (): Promise<Document[]> =>
    (
      await Promise.all(
        (await rows('zones')).map(async (zone) => (await recordsOf(zone)).map((row) => ({ ...row, zoneId: zone.id }))),
      )
    ).flat();
  const everything = async (): Promise<Map<string, Document>> => {
    const found = new Map<string, Document>();
    for (const kind of kinds) for (const row of await rows(kind)) found.set(`${kind}/${row.id}`, row);
    for (const row of await records()) found.set(`zones/${row.zoneId}/rrsets/${row.name}/${row.type}`, row);
    return found;
  };
  /** Everything that has no maker yet was made by whoever was at work. */
  const attribute = async (maker: Maker): Promise<void> => {
    const present = await everything();
    for (const key of [...makers.keys()]) if (!present.has(key)) makers.delete(key);
    for (const key of present.keys()) if (!makers.has(key)) makers.set(key, maker);
  };

  const witness =
    (environment: string, destroying: boolean): ((inner: Fetch) => Fetch) =>
    (inner) =>
    async (request) => {
      if (request.method === 'GET' || request.url.includes('_emulator')) return inner(request);
      const { pathname } = new URL(request.url);
      const body: Document =
        request.method === 'DELETE'
          ? {}
          : await request
              .clone()
              .json()
              .catch(() => ({}));
      const [, , kind = '', id, ...rest] = pathname.split('/');
      const mayTouch = (key: string): void => {
        const maker = makers.get(key);
        // The zone is shared: whichever environment made it, the last one to go takes it along.
        const shared = destroying && /^zones\/\d+$/.test(key) && maker !== somebody;
        if (maker !== undefined && maker !== environment && !shared)
          problems.push(`${request.method} ${pathname} touches ${key}, made by ${maker}`);
      };
      if (id === undefined || (kind === 'zones' && rest.length === 1 && rest[0] === 'rrsets')) {
        const labels = body.labels ?? {};
        for (const label of ['project', 'environment', 'environment-type', 'address', 'run'])
          if (labels[label] === undefined)
            problems.push(`${request.method} ${pathname} makes something without label ${label}`);
      } else if (kind === 'zones' && rest[0] === 'rrsets') {
        mayTouch(`zones/${id}/rrsets/${decodeURIComponent(rest[1] ?? '')}/${rest[2]}`);
      } else if (kind !== 'zones' || request.method === 'DELETE') mayTouch(`${kind}/${id}`);
      for (const one of body.apply_to ?? body.remove_from ?? [])
        if (one.server !== undefined) mayTouch(`servers/${one.server.id}`);
      const takesDown =
        kind === 'servers' &&
        (request.method === 'DELETE' || ['poweroff', 'shutdown', 'rebuild'].includes(rest[1] ?? ''));
      if (takesDown && environment === 'production' && !destroying)
        await watchQuorum(id ?? '', `${request.method} ${pathname}`);
      return inner(request);
    };

  /** Healthy voters, as the first server that answers tells it; null: nobody answers. */
  const voters = async (): Promise<{ name: string; healthy: boolean }[] | null> => {
    for (const server of await rows('servers')) {
      if (server.labels['environment'] !== 'production') continue;
      const reply = await emulator.fetch(
        new Request(`http://emulator.invalid/_emulator/machines/${server.name}/4646/v1/operator/autopilot/health`, {
          headers: { authorization: `Bearer ${emulator.token}` },
        }),
      );
      const health: Document = await reply.json().catch(() => null);
      if (health?.Servers === undefined) continue;
      return health.Servers.map((one: Document) => ({
        name: one.Name.replace(/\.global$/, ''),
        healthy: one.Healthy && one.Voter,
      }));
    }
    return null;
  };
  /** A planned change never takes a quorum that is there. */
  const watchQuorum = async (serverId: string, what: string): Promise<void> => {
    if (simulated.unsettled) return;
    const name = (await rows('servers')).find((row) => String(row.id) === serverId)?.name;
    const present = await voters();
    if (present === null || name === undefined || present.length < 3) return;
    const healthy = present.filter((voter) => voter.healthy).length;
    const rest = present.filter((voter) => voter.healthy && voter.name !== name).length;
    const quorum = Math.floor(present.length / 2) + 1;
    if (healthy >= quorum && rest < quorum) problems.push(`${what} takes the quorum: ${JSON.stringify(present)}`);
  };

  let problems: string[] = [];
  const essence = (rowsNow: Map<string, Document>, mine: (maker: Maker) => boolean): string =>
    JSON.stringify(
      [...rowsNow]
        .filter(([key]) => mine(makers.get(key) ?? ''))
        .map(([key, row]) => [key, strip(row)])
        .sort(),
      null,
      1,
    );

  const simulated: Simulated = {
    emulator,
    documents: memory.documents,
    makers,
    story,
    config: parse(shippedConfig),
    unsettled: false,
    misfortune: undefined,
    api: outsider.api,
    rows,
    async run(command, how = {}) {
      processes += 1;
      const environment = how.environment ?? environmentOf(command);
      await attribute(somebody);
      problems = [];
      const before = await everything();
      const documentsBefore = JSON.stringify([...memory.documents]);
      const requestsBefore = emulator.requests.length;
      const fuse = how.fuse;
      let writes = 0;
      let dead = false;
      let stop: () => void = () => undefined;
      const guard = (): void => {
        if (dead) throw new Killed('killed');
      };
      const wrap = (inner: Fetch): Fetch => {
        const seen = witness(environment, command.startsWith('destroy'))(inner);
        return async (request) => {
          guard();
          if (fuse === undefined || request.method === 'GET' || fuse.when.includes('state')) return seen(request);
          writes += 1;
          if (writes !== fuse.nth) return seen(request);
          if (fuse.when === 'interrupt') {
            stop();
            return seen(request);
          }
          if (fuse.when === 'after the request') await seen(request);
          dead = true;
          throw new Killed('killed');
        };
      };
      const lab = createLab({
        over: emulator,
        store: fusedStore(memory, {
          guard,
          at: async (carryOut) => {
            if (fuse === undefined || !fuse.when.includes('state')) return carryOut();
            writes += 1;
            if (writes !== fuse.nth) return carryOut();
            if (fuse.when === 'after the state') await carryOut();
            dead = true;
            throw new Killed('killed');
          },
        }),
        wrap,
        seed: seed * 1000 + processes,
        config: stringify(simulated.config),
      });
      emulator.faults.draw(simulated.misfortune);
      simulated.misfortune = undefined;
      let ran: Ran;
      try {
        ran = await lab.run(command, {
          signal: (halt) => {
            stop = halt;
          },
        });
      } catch (error) {
        if (!dead) throw error;
        ran = { exitCode: 137, stdout: '', stderr: 'killed' };
      }
      if (dead) ran = { ...ran, exitCode: 137 };
      emulator.faults.draw(undefined);
      emulator.faults.clear();
      const after = await everything();
      for (const key of after.keys()) if (!makers.has(key)) makers.set(key, environment);
      // What is gone was deleted before this run began, or the witness has seen it.
      const both = (rowsNow: Map<string, Document>) =>
        new Map([...rowsNow].filter(([key]) => before.has(key) && after.has(key) && !key.startsWith('primary_ips')));
      const others = essence(both(before), (maker) => maker !== environment);
      const othersAfter = essence(both(after), (maker) => maker !== environment);
      if (!simulated.unsettled && others !== othersAfter)
        problems.push(`something of others changed: ${difference(others, othersAfter)}`);
      if (/^(plan|check|list|status|outputs|cost) /.test(`${command} `)) {
        const wrote = emulator.requests
          .slice(requestsBefore)
          .filter(({ method, path }) => method !== 'GET' && !path.includes('_emulator'));
        if (wrote.length > 0) problems.push(`${command} wrote: ${JSON.stringify(wrote)}`);
        if (JSON.stringify([...memory.documents]) !== documentsBefore) problems.push(`${command} wrote to the state`);
      }
      const told = [ran.stdout, ran.stderr, ...memory.documents.values(), ...lab.files.values()].join('\n');
      if (told.includes(emulator.token.slice(0, 12))) problems.push('the token is in what was printed or kept');
      const unlabelled = [...after].filter(
        ([key, row]) =>
          makers.get(key) === environment &&
          before.get(key) === undefined &&
          !key.startsWith('primary_ips') &&
          !/\/(SOA|NS)$/.test(key) &&
          row.labels?.project === undefined,
      );
      if (unlabelled.length > 0) problems.push(`made without labels: ${unlabelled.map(([key]) => key).join(', ')}`);
      if (process.env['RECONCILE_SIMULATION_LOUD']) story.push(ran.stderr);
      story.push(`${command}${fuse === undefined ? '' : ` [${fuse.when} ${fuse.nth}]`} → ${ran.exitCode}`);
      if (/\n\s+at \S+ \(/.test(ran.stderr) || /TypeError|fault of the planner|Error: /.test(ran.stderr))
        problems.push(`an unexpected error: ${ran.stderr}`);
      if (problems.length > 0) throw new Error(`${command}: ${problems.join('\n')}`);
      return ran;
    },
    async foreign(path, body) {
      await attribute(somebody);
      await outsider.api('POST', path, body);
      await emulator.clock.sleep(2_000);
      await attribute(somebody);
    },
    sleep: (ms) => emulator.clock.sleep(ms),
  };
  return simulated;
};

const environmentOf = (command: string): string => {
  const words = command.split(' ').filter((word) => !word.startsWith('-'));
  const at = words.findIndex((word) => ['production', 'staging', 'pr'].includes(word));
  return words[at] === 'pr' ? `pr-${words[at + 1]}` : (words[at] ?? 'production');
};

/** What others own must stay as it is; what follows from other things (health, counters, users) may not. */
const strip = (row: Document): Document => {
  if (row.type === 'SOA') return row.id;
  const {
    targets: _targets,
    applied_to: _applied,
    servers: _servers,
    load_balancers: _balancers,
    record_count: _count,
    outgoing_traffic: _out,
    ingoing_traffic: _in,
    included_traffic: _included,
    status: _status,
    locked: _locked,
    server: _server,
    ...rest
  } = row;
  return rest;
};

const difference = (a: string, b: string): string => {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const gone = left.filter((line) => !right.includes(line)).slice(0, 8);
  const come = right.filter((line) => !left.includes(line)).slice(0, 8);
  return `- ${gone.join(' ')}  + ${come.join(' ')}`;
};

const fusedStore = (
  inner: ObjectStore,
  { guard, at }: { guard: () => void; at: (carryOut: () => Promise<unknown>) => Promise<unknown> },
): ObjectStore =>
  new Proxy(inner, {
    get: (target, key, receiver) => {
      const member: unknown = Reflect.get(target, key, receiver);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        guard();
        const carryOut = async (): Promise<unknown> => (member as (...given: unknown[]) => unknown).apply(target, args);
        const writing = typeof key === 'string' && ['putIfAbsent', 'putIfMatch'].includes(key);
        return writing ? at(carryOut) : carryOut();
      };
    },
  });
