import type { PreviewPolicy } from '../../src/domain/preview.ts';
import { type Chance, chanceOf } from '../simulation/fast/chance.ts';

/** How an event reaches us: not at all, once, or twice; each so many milliseconds late. */
export type Delivery = readonly number[];

export const people = {
  ada: { association: 'MEMBER', permission: 'write' },
  grace: { association: 'OWNER', permission: 'admin' },
  /** Hides that she is a member: the host calls her nobody. */
  hedy: { association: 'NONE', permission: 'write' },
  /** A member who may not write: looks trusted, and is not. */
  tim: { association: 'MEMBER', permission: 'triage' },
  eve: { association: 'CONTRIBUTOR', permission: 'read' },
  mallory: { association: 'NONE', permission: 'none' },
} as const;
export type Person = keyof typeof people;
const everybody = Object.keys(people) as Person[];
const writers: readonly Person[] = ['ada', 'grace', 'hedy'];

export type Said =
  | 'deploy'
  | 'deploy-sha'
  | 'redeploy'
  | 'destroy'
  | 'extend'
  | 'status'
  | 'logs'
  | 'help'
  | 'typo'
  | 'chat';

/** What somebody does, or what goes wrong. Each stands for itself: leaving one out changes no other. */
export type Act =
  | {
      readonly kind: 'open';
      readonly number: number;
      readonly by: Person;
      readonly draft: boolean;
      readonly from: 'here' | 'fork' | 'third';
    }
  | { readonly kind: 'push'; readonly number: number }
  | { readonly kind: 'draft' | 'ready' | 'reopen'; readonly number: number }
  | { readonly kind: 'close'; readonly number: number; readonly merged: boolean }
  /** Reads the page, thinks, and writes. */
  | {
      readonly kind: 'say';
      readonly number: number;
      readonly by: Person;
      readonly said: Said;
      readonly thinksMs: number;
    }
  /** Mostly no event tells of it: the host knows, and says so when it is asked. */
  | { readonly kind: 'review'; readonly number: number; readonly by: Person; readonly heard: boolean }
  | { readonly kind: 'permission'; readonly of: Person; readonly to: 'write' | 'read' }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'kill' }
  /** The host is down, or a list of the host or of the cloud does not come whole. */
  | {
      readonly kind: 'outage';
      readonly of: 'host' | 'host-list' | 'cloud-list' | 'deploys' | 'destroys';
      readonly ms: number;
    }
  | { readonly kind: 'uncomment'; readonly number: number }
  /** Somebody deletes a server by hand, or one of a pull request that never was appears. */
  | { readonly kind: 'vanish'; readonly number: number }
  | { readonly kind: 'stray'; readonly number: number };

export interface Move {
  readonly at: number;
  readonly act: Act;
  readonly delivery: Delivery;
  /** Of the build that a push starts. */
  readonly built: Delivery;
  readonly seed: number;
}

export interface Story {
  readonly policy: PreviewPolicy;
  readonly moves: readonly Move[];
}

const minute = 60_000;
const hour = 60 * minute;

export const storyOf = (seed: number): Story => {
  const chance = chanceOf(seed);
  const policy = policyBy(chance);
  const moves: Move[] = [];
  let at = 0;
  const length = 15 + chance.below(25);
  for (let n = 0; n < length; n += 1) {
    at += gapBy(chance);
    moves.push({
      at,
      act: actBy(chance, n),
      delivery: deliveryBy(chance),
      built: chance.often(0.9) ? [chance.below(3 * minute) + 20_000, ...(chance.often(0.1) ? [5 * minute] : [])] : [],
      seed: chance.seed(),
    });
  }
  return { policy, moves };
};

/** Mostly at once, or while the one before is still being dealt with; now and then days later. */
const gapBy = (chance: Chance): number => {
  const draw = chance.draw();
  if (draw < 0.35) return chance.below(5_000);
  if (draw < 0.7) return chance.below(90_000);
  return draw < 0.93 ? chance.below(hour) : chance.below(40 * hour);
};

const policyBy = (chance: Chance): PreviewPolicy => ({
  max: 1 + chance.below(4),
  ...(chance.often(0.3) && { maxPerAuthor: 1 + chance.below(2) }),
  ...(chance.often(0.25) && { budgetCents: 500 * (1 + chance.below(4)) }),
  ttlMs: 72 * hour,
  ...(chance.often(0.4) && { idleStopMs: 8 * hour }),
  atCap: chance.often(0.5) ? 'wait' : 'evict-oldest-idle',
  mode: chance.often(0.5) ? 'server' : 'pool',
  images: chance.often(0.75) ? 'commit' : 'configured',
});

/** Lost, doubled, late enough to come after what happened later. */
const deliveryBy = (chance: Chance): Delivery => {
  if (chance.often(0.12)) return [];
  const once = chance.often(0.2) ? chance.below(10 * minute) : chance.below(3_000);
  return chance.often(0.15) ? [once, once + chance.below(2 * minute)] : [once];
};

const numbers = 5;
const actBy = (chance: Chance, n: number): Act => {
  const number = 1 + chance.below(numbers);
  const draw = chance.draw();
  if (n < 3 || draw < 0.17)
    return {
      kind: 'open',
      number,
      by: chance.often(0.6) ? chance.pick(writers) : chance.pick(everybody),
      draft: chance.often(0.15),
      from: chance.often(0.6) ? 'here' : chance.often(0.8) ? 'fork' : 'third',
    };
  if (draw < 0.32) return { kind: 'push', number };
  if (draw < 0.37) return { kind: 'draft', number };
  if (draw < 0.42) return { kind: 'ready', number };
  if (draw < 0.52) return { kind: 'close', number, merged: chance.often(0.6) };
  if (draw < 0.56) return { kind: 'reopen', number };
  if (draw < 0.76)
    return {
      kind: 'say',
      number,
      by: chance.often(0.7) ? chance.pick(writers) : chance.pick(everybody),
      said: chance.pick([
        'deploy',
        'deploy',
        'deploy',
        'deploy-sha',
        'deploy-sha',
        'redeploy',
        'redeploy',
        'destroy',
        'extend',
        'status',
        'logs',
        'help',
        'typo',
        'chat',
      ]),
      thinksMs: chance.below(50_000),
    };
  if (draw < 0.8) return { kind: 'review', number, by: chance.pick(everybody), heard: chance.often(0.2) };
  if (draw < 0.83) return { kind: 'permission', of: chance.pick(everybody), to: chance.often(0.5) ? 'write' : 'read' };
  if (draw < 0.89) return { kind: 'sweep' };
  if (draw < 0.92) return { kind: 'kill' };
  if (draw < 0.96)
    return {
      kind: 'outage',
      of: chance.pick(['host', 'host-list', 'cloud-list', 'deploys', 'destroys']),
      ms: chance.below(20 * minute),
    };
  if (draw < 0.97) return { kind: 'uncomment', number };
  return draw < 0.985 ? { kind: 'vanish', number } : { kind: 'stray', number: 20 + chance.below(5) };
};
