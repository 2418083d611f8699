import type { Environment } from '../../../src/domain/environment.ts';
import { type Chance, chanceOf } from './chance.ts';
import { type EnvironmentName, environmentNames } from './project.ts';
import { startRun } from './run.ts';
import { isWhole } from './store.ts';
import type { Thing } from './things.ts';
import { calm, type Weather } from './way.ts';
import type { World } from './world.ts';

/*
 * What happens to a world, as data: a story can be shortened, kept and told again. Whatever a move leaves to chance it
 * draws from a seed of its own, so that leaving out another changes nothing in it.
 */
export const weathers = ['calm', 'lossy', 'deadly', 'slow', 'refusing', 'failing'] as const;
export const edits = ['count', 'image', 'firewall', 'labels', 'ttl', 'job', 'protected'] as const;
export const drifts = [
  'delete',
  'delete server',
  'rename',
  'strip labels',
  'change labels',
  'power off',
  'rules',
] as const;
export const losses = ['lost', 'older', 'truncated', 'lease lost', 'keys lost'] as const;

export type Move = { /** Time passes before it. */ readonly afterMs: number } & (
  | {
      readonly do: 'run';
      readonly command: 'converge' | 'destroy' | 'plan';
      readonly environment: EnvironmentName;
      readonly weather: (typeof weathers)[number];
      readonly waits: boolean;
      readonly seed: number;
    }
  | {
      readonly do: 'edit';
      readonly what: (typeof edits)[number];
      readonly environment: EnvironmentName;
      readonly seed: number;
    }
  | {
      readonly do: 'drift';
      readonly what: (typeof drifts)[number];
      readonly environment: EnvironmentName;
      readonly seed: number;
    }
  | {
      readonly do: 'store';
      readonly what: (typeof losses)[number];
      readonly environment: EnvironmentName;
      readonly seed: number;
    }
  /** To the run that began last. */
  | {
      readonly do: 'signal';
      readonly what: 'kill' | 'stop' | 'interrupt' | 'interrupt, then kill';
      readonly ms: number;
    }
  | { readonly do: 'outage'; readonly of: 'store' | 'cloud'; readonly ms: number }
  | { readonly do: 'sold out'; readonly types: readonly string[] }
);

export const weatherOf: Readonly<Record<(typeof weathers)[number], Weather>> = {
  calm,
  lossy: { ...calm, lost: 0.02, replyLost: 0.15, slow: 0.05 },
  deadly: { ...calm, killed: 0.06, replyLost: 0.03 },
  slow: { ...calm, slow: 0.15, paused: 0.03 },
  refusing: { ...calm, refused: 0.08, rateLimited: 0.08, brokenList: 0.05 },
  failing: { ...calm, actionFails: 0.08, actionNeverEnds: 0.05, bootFails: 0.2 },
};

/** The story of a seed. */
export const movesOf = (seed: number): Move[] => {
  const chance = chanceOf(seed);
  // Most of it happens to one or two environments: only where runs meet is there anything to see.
  const main = chance.pick(environmentNames);
  const environment = (): EnvironmentName => (chance.often(0.75) ? main : chance.pick(environmentNames));
  const count = 5 + chance.below(6);
  const moves = Array.from({ length: count }, (): Move => {
    const dice = chance.below(10);
    const afterMs = dice < 4 ? chance.below(3_000) : dice < 8 ? chance.below(60_000) : chance.below(200_000);
    return { afterMs, ...moveOf(chance, environment()) };
  });
  // Half of the worlds have something that stands, before anything goes wrong.
  if (chance.often(0.5))
    return [begin(main, chance.seed()), { ...(moves[0] as Move), afterMs: 90_000 }, ...moves.slice(1)];
  return moves;
};

const begin = (environment: EnvironmentName, seed: number): Move => ({
  ...{ afterMs: 0, do: 'run', command: 'converge', environment, weather: 'calm', waits: false, seed },
});

type Bare<M = Move> = M extends Move ? Omit<M, 'afterMs'> : never;

const moveOf = (chance: Chance, environment: EnvironmentName): Bare => {
  const dice = chance.below(100);
  const seed = chance.seed();
  if (dice < 42) {
    const roll = chance.below(20);
    const command = roll < 14 ? 'converge' : roll < 18 ? 'destroy' : 'plan';
    return { do: 'run', command, environment, weather: chance.pick(weathers), waits: chance.often(0.3), seed };
  }
  if (dice < 54) return { do: 'edit', what: chance.pick(edits), environment, seed };
  if (dice < 68) return { do: 'drift', what: chance.pick(drifts), environment, seed };
  if (dice < 76) return { do: 'store', what: chance.pick(losses), environment, seed };
  if (dice < 92) {
    const what = chance.pick(['kill', 'stop', 'stop', 'interrupt', 'interrupt, then kill'] as const);
    return { do: 'signal', what, ms: 1_000 + chance.below(180_000) };
  }
  if (dice < 97) return { do: 'outage', of: chance.pick(['store', 'cloud'] as const), ms: chance.below(120_000) };
  return { do: 'sold out', types: chance.pick([['cx23'], ['cx23@nbg1'], ['cx23', 'cpx22'], []]) };
};

/** Makes it happen, now, and tells it. */
export const make = (world: World, move: Move): void => {
  switch (move.do) {
    case 'run': {
      const { command, environment, seed } = move;
      const weather = weatherOf[move.weather];
      startRun(world, { command, environment, seed, weather, ...(move.waits ? { waitMs: 180_000 } : {}) });
      return;
    }
    case 'edit':
      edit(world, move.what, move.environment, chanceOf(move.seed));
      return;
    case 'drift':
      drift(world, move.what, move.environment, chanceOf(move.seed));
      return;
    case 'store':
      lose(world, move.what, move.environment, chanceOf(move.seed));
      return;
    case 'signal':
      signal(world, move.what, move.ms);
      return;
    case 'outage': {
      const until = world.timeline.now() + move.ms;
      if (move.of === 'store') world.bucket.awayUntil = until;
      else world.cloudAwayUntil = until;
      world.met(`outage of the ${move.of}`);
      world.tell(`the ${move.of} is away for ${Math.round(move.ms / 1000)} s`);
      return;
    }
    case 'sold out':
      world.soldOut = move.types;
      world.tell(`sold out: ${move.types.join(', ') || 'nothing'}`);
      return;
  }
};

const edit = (world: World, what: (typeof edits)[number], name: EnvironmentName, chance: Chance): void => {
  const before = world.wanted.get(name) as Environment;
  const [job] = before.jobs;
  const changes: Readonly<Record<(typeof edits)[number], () => Partial<Environment>>> = {
    count: () => ({ servers: { ...before.servers, count: chance.pick([1, 1, 3]) } }),
    image: () => ({ servers: { ...before.servers, image: chance.pick(['debian-12', 'debian-13']) } }),
    firewall: () => ({
      // Port 22 stays open: who closes it is told so (test/access), and no later run would get in.
      firewall: chance.pick([['22'], ['22', '2222']]).map((port) => ({
        direction: 'in',
        protocol: 'tcp',
        port,
        ips: ['0.0.0.0/0'],
      })),
    }),
    labels: () => ({ labels: { team: chance.pick(['a', 'b']) } }),
    ttl: () => ({ dnsTtlSeconds: chance.pick([60, 300]) }),
    job: () => ({ jobs: job === undefined ? [] : [{ ...job, count: chance.pick([1, 2]) }] }),
    protected: () => ({ protected: chance.often(0.5) }),
  };
  const change = changes[what]();
  world.wanted.set(name, { ...before, ...change });
  world.tell(`infra.yaml: ${name} ${JSON.stringify(change)}`);
};

const drift = (world: World, what: (typeof drifts)[number], name: EnvironmentName, chance: Chance): void => {
  const { things, witness } = world;
  const ours = (...kinds: readonly string[]): Thing[] =>
    [...things.all].flatMap(([key, thing]) =>
      witness.makers.get(key) === name && (kinds.length === 0 || kinds.includes(thing.kind)) ? [thing] : [],
    );
  const on = (found: Thing[], work: (thing: Thing) => void): void => {
    if (found.length === 0) return;
    const thing = chance.pick(found);
    try {
      work(thing);
    } catch {
      return;
    }
    world.met(`drift: ${what}`);
    world.tell(`somebody else: ${what}: ${thing.kind} ${thing.name} of ${name}`);
  };
  const remove = ({ kind, id, name: called }: Thing) =>
    void things.perform({ port: 'cloud', op: 'delete', kind, id, name: called }, never);
  switch (what) {
    case 'delete':
      on(ours('network', 'certificate', 'load-balancer', 'rrset', 'placement-group', 'zone'), remove);
      return;
    case 'delete server':
      on(ours('server'), remove);
      return;
    case 'rename':
      on(ours('network', 'firewall', 'load-balancer', 'server'), (thing) => {
        thing.name = `${thing.name}-x`;
      });
      return;
    case 'strip labels':
      on(ours('network', 'firewall', 'load-balancer', 'server', 'rrset'), (thing) => {
        thing.labels = {};
      });
      return;
    case 'change labels':
      on(ours('network', 'firewall', 'load-balancer', 'server', 'rrset'), (thing) => {
        thing.labels = { ...thing.labels, hello: 'x' };
      });
      return;
    case 'power off':
      on(ours('server'), (thing) => {
        thing.facts.status = 'off';
      });
      return;
    case 'rules':
      on(ours('firewall'), (thing) => {
        thing.facts.rules = [];
      });
      return;
  }
};
const never = (): never => {
  throw new TypeError('nothing to resolve');
};

const lose = (world: World, what: (typeof losses)[number], name: EnvironmentName, chance: Chance): void => {
  const { bucket, witness } = world;
  const { documents } = bucket;
  const keyOf = { 'lease lost': `${name}.lease.json`, 'keys lost': `${name}.keys.json` } as const;
  const key = what === 'lease lost' || what === 'keys lost' ? keyOf[what] : `${name}.json`;
  const document = documents.get(key);
  // Both copies of the keys at once are another story (--recover-access), and so is a lease that vanishes from under its holder.
  const other = what === 'keys lost' ? `${name}.json` : `${name}.keys.json`;
  if (document === undefined || (what !== 'lease lost' && !documents.has(other))) return;
  const held = world.runs.some((run) => run.who.environment === name && run.exitCode() === undefined);
  if (what === 'lease lost' && (held || !document.text.includes('"released": true'))) return;
  if (what === 'keys lost' && !isWhole(document.text)) return;
  world.met(`document ${what}`);
  world.tell(`${key}: ${what}`);
  witness.forget(key);
  if (what === 'older') bucket.put(key, chance.pick(bucket.past.get(key) ?? [document.text]));
  else if (what === 'truncated') bucket.put(key, document.text.slice(0, 1 + chance.below(document.text.length - 3)));
  else documents.delete(key);
};

const signal = (world: World, what: string, ms: number): void => {
  const run = world.runs.findLast((one) => one.exitCode() === undefined);
  if (run === undefined) return;
  world.met(`signal: ${what}`);
  world.tell(`${what}: ${run.who.name}`);
  if (what === 'kill') run.process.kill();
  else if (what === 'stop') run.stop(ms);
  else run.interrupt();
  // As a CI system does that is tired of waiting.
  if (what === 'interrupt, then kill') world.timeline.at(world.timeline.now() + 7_500, () => run.process.kill());
};
