import { CloudError, NoReplyError } from '../../../src/domain/errors.ts';
import type { CloudKind } from '../../../src/domain/kinds.ts';
import type { AnyObservedItem } from '../../../src/domain/observation.ts';
import type { CloudEffect } from '../../../src/domain/plan.ts';
import { isReference } from '../../../src/domain/resource.ts';
import type { Accepted, CloudApi, Listing, Persistence } from '../../../src/ports/cloud-api.ts';
import { catalogue, prices } from '../../support/builders.ts';
import type { Chance } from './chance.ts';
import { type Action, type Landing, refused, type Things } from './things.ts';
import type { Process } from './time.ts';
import type { Way, Weather } from './way.ts';

export interface CloudWay {
  readonly things: Things;
  readonly process: Process;
  readonly way: Way;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly now: () => number;
  /** Nothing gets through, now. */
  readonly away: () => boolean;
  /** `cx23`, `cx23@nbg1`. */
  readonly soldOut: () => readonly string[];
  readonly met: (fault: string) => void;
  /** Passes a mutation through the run's own gate. */
  readonly gated: <T>(send: () => Promise<T>) => Promise<T>;
  /** The checkers' witness: told of a mutation when it takes effect, before and after. */
  readonly arrives: (effect: CloudEffect) => (landing: Landing) => void;
  readonly listed: (kind: CloudKind, complete: boolean) => void;
}

/** As the adapter: refusals that changed nothing are tried again for some minutes. */
const tries = 40;

/** One process's client of the simulated cloud, at the same port as the adapter of Hetzner's. */
export const cloudThrough = (options: CloudWay): CloudApi => {
  const { things, process, way, chance, weather, away, soldOut, met, gated, listed, now } = options;
  const count = { read: 0, write: 0 };
  const call = <T>(writes: boolean, what: string, arrive: () => T): Promise<T> => {
    count[writes ? 'write' : 'read'] += 1;
    const silence = (): Error => new NoReplyError(`no reply to ${what}`, { next: 'run the same command again' });
    return way({ to: 'cloud', writes, away, timeoutMs: 15_000, silence, arrive });
  };
  /** Reads are repeated by the adapter; what it gives up on is rare. */
  const read = async <T>(what: string, arrive: () => T): Promise<T> => {
    for (let n = 1; ; n += 1) {
      try {
        return await call(false, what, arrive);
      } catch (error) {
        if (!(error instanceof NoReplyError) || n > 5) throw error;
        await process.clock.sleep(1_000 * 2 ** (n - 1));
      }
    }
  };
  const listing = (kind: CloudKind, items: () => AnyObservedItem[]): Promise<Listing> =>
    read(`list of ${kind}s`, () => {
      const broken = weather.brokenList > 0 && chance.often(weather.brokenList);
      listed(kind, !broken);
      const all = items();
      if (!broken) return { items: all, complete: true };
      met('list broke off');
      return { items: all.slice(0, chance.below(all.length + 1)), complete: false, because: 'page 2 failed' };
    });

  const endOf = (): Action['ends'] => {
    if (weather.actionFails > 0 && chance.often(weather.actionFails)) return 'error';
    return weather.actionNeverEnds > 0 && chance.often(weather.actionNeverEnds) ? 'never' : 'success';
  };
  /** What the request itself is told, before anything is done. */
  const refusal = (effect: CloudEffect): void => {
    if (weather.rateLimited > 0 && chance.often(weather.rateLimited)) {
      met('rate limit');
      throw new CloudError('limit of requests reached', { code: 'rate_limit_exceeded', status: 429, retryable: true });
    }
    if (weather.refused > 0 && chance.often(weather.refused)) {
      met('refused');
      throw refused(chance.pick(['conflict', 'service_error', 'resource_limit_exceeded']), 'refused', 409);
    }
    const { type = '', location = '' } = (effect.op === 'create' && effect.placement) || {};
    if (soldOut().includes(type) || soldOut().includes(`${type}@${location}`)) {
      met('no stock');
      throw refused('resource_unavailable', `${type} in ${location} is sold out`, 412);
    }
  };
  const send = (effect: CloudEffect): Promise<Landing> => {
    const ends = endOf();
    return call(true, titleOf(effect), () => {
      refusal(effect);
      const landed = options.arrives(effect);
      const landing = things.perform(effect, unresolved, ends);
      landed(landing);
      if (ends !== 'success' && landing.action !== undefined)
        met(ends === 'error' ? 'action failed' : 'action never ended');
      return landing;
    });
  };
  const persistently = async (effect: CloudEffect, persistence: Persistence): Promise<Landing> => {
    for (let n = 1; ; n += 1) {
      try {
        return await gated(() => send(effect));
      } catch (error) {
        if (!(error instanceof CloudError) || !error.retryable || n > tries) throw error;
        const pause = process.clock.sleep(error.status === 429 ? 30_000 : 3_000, persistence.signal);
        await pause.catch((reason: unknown) => {
          throw persistence.signal?.aborted ? error : reason;
        });
        await persistence.beforeRetry?.();
      }
    }
  };
  return {
    list: (kind) => listing(kind, () => things.items(kind)),
    listRrsets: (zone) => listing('rrset', () => things.items('rrset').filter((one) => isIn(one, zone.name))),
    find: (kind, name) =>
      read(`${kind} ${name}`, () => {
        const thing = things.find(kind, name);
        return thing === undefined ? undefined : things.item(thing);
      }),
    catalogue: () => read('server types', () => catalogue(soldOut())),
    prices: () => read('prices', () => prices),
    async perform(planned, resolve, persistence = {}) {
      const effect = resolved(planned, resolve);
      try {
        return acceptedOf(effect, await persistently(effect, persistence));
      } catch (error) {
        const gone = effect.op === 'delete' && error instanceof CloudError && error.code === 'not_found';
        if (gone) return { actionIds: [], outputs: {} };
        throw error;
      }
    },
    actions: (ids) => read('actions', () => ids.map((id) => statusOf(id, things.actions.get(id), now()))),
    usage: () => ({ requests: { ...count }, budget: null }),
  };
};

const isIn = (item: AnyObservedItem, zone: string): boolean => item.kind === 'rrset' && item.facts.zone === zone;

/** As it is sent: a copy, with ids in place of references. */
const resolved = (effect: CloudEffect, resolve: Parameters<CloudApi['perform']>[1]): CloudEffect =>
  JSON.parse(JSON.stringify(effect, (_key, value) => (isReference(value) ? resolve(value) : value)));

const unresolved = (): never => {
  throw new TypeError('everything was resolved before it was sent');
};

const titleOf = (effect: CloudEffect): string =>
  effect.op === 'create'
    ? `create ${effect.resource.kind} ${effect.resource.name}`
    : `${effect.op === 'change' ? effect.change.op : 'delete'} ${effect.kind} ${effect.id}`;

const acceptedOf = (effect: CloudEffect, { action, thing }: Landing): Accepted => {
  const actionIds = action === undefined ? [] : [action.id];
  if (effect.op !== 'create') return { actionIds, outputs: {} };
  const { ipv4, ipv6 } = thing.facts;
  const outputs = { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) };
  return { id: thing.id, createdAt: thing.createdAt, actionIds, outputs };
};

const statusOf = (id: number, action: Action | undefined, now: number) => {
  if (action === undefined) throw refused('not_found', `no action ${id}`, 404);
  const { command, endsAt, ends } = action;
  if (ends === 'never' || now < endsAt) return { id, command, status: 'running', progress: 50, error: null } as const;
  if (ends === 'success') return { id, command, status: 'success', progress: 100, error: null } as const;
  const error = { code: 'action_failed', message: 'an action that failed' };
  return { id, command, status: 'error', progress: 100, error } as const;
};
