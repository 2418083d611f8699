import { CloudError, NoReplyError } from '../../src/domain/errors.ts';
import type { CloudApi, HetznerAction } from '../../src/ports/cloud-api.ts';
import type { ObjectStore, PutOutcome } from '../../src/ports/object-store.ts';
import { stateKey } from '../../src/statefile/read.ts';

/*
 * One fault at one place of a run, put between the executor and any CloudApi (the fake or the real adapter). A run that
 * is killed is one whose ports never answer again: nothing after that moment reaches the world or the state.
 */
export const faultKinds = [
  'refused',
  'request lost',
  'reply lost after commit',
  'Hetzner action ends in error',
  'killed before the request',
  'killed after the commit, before the reply is seen',
  'killed before the state is written',
  'killed after the state was written',
  'told to stop while the request is under way',
  'told to stop and the reply never comes',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Counts writing requests from 1, or writes of the state for the two kinds about it. */
  readonly at: number;
}

export interface Faulty {
  readonly cloud: CloudApi;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  /** Resolves at the moment of a kill; never without one. */
  readonly killed: Promise<'killed'>;
  /** Whether the place was reached. */
  readonly hit: () => boolean;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export const withFault = (
  fault: Fault | null,
  ports: { readonly cloud: CloudApi; readonly store: ObjectStore },
): Faulty => {
  const stop = new AbortController();
  const doomed = new Set<number>();
  let requests = 0;
  let writes = 0;
  let dead = false;
  let hit = false;
  let announce: (word: 'killed') => void = () => undefined;
  const killed = new Promise<'killed'>((resolve) => {
    announce = resolve;
  });
  const kill = <T>(): Promise<T> => {
    dead = true;
    announce('killed');
    return never<T>();
  };
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return never();
    const answer = await work();
    return dead ? never() : answer;
  };
  const here = (kinds: readonly FaultKind[], count: number): FaultKind | undefined => {
    if (fault === null || count !== fault.at || !kinds.includes(fault.kind)) return undefined;
    hit = true;
    return fault.kind;
  };
  const perform: CloudApi['perform'] = (effect, resolve) =>
    alive(async () => {
      requests += 1;
      const kind = here(
        faultKinds.filter((one) => !one.includes('the state')),
        requests,
      );
      if (kind === 'killed before the request') return kill();
      if (kind === 'refused')
        throw new CloudError('maintenance (unavailable)', { code: 'unavailable', status: 503, retryable: true });
      if (kind === 'request lost') throw new NoReplyError('no reply: connection reset');
      if (kind?.startsWith('told to stop')) stop.abort();
      const accepted = await ports.cloud.perform(effect, resolve);
      if (kind === 'reply lost after commit') throw new NoReplyError('no reply: connection reset');
      if (kind === 'told to stop and the reply never comes') return never();
      if (kind === 'killed after the commit, before the reply is seen') return kill();
      if (kind === 'Hetzner action ends in error') for (const id of accepted.actionIds) doomed.add(id);
      return accepted;
    });
  const failing = (action: HetznerAction): HetznerAction =>
    doomed.has(action.id) && action.status === 'success'
      ? { ...action, status: 'error', error: { code: 'action_failed', message: 'Action failed' } }
      : action;
  /** Rejects instead of never answering: the clock that all runs share is held as long as a write is under way. */
  const writing = async (key: string, carryOut: () => Promise<PutOutcome>): Promise<PutOutcome> => {
    if (dead) throw new Error('killed');
    if (key !== stateKey('production')) return carryOut();
    writes += 1;
    const kind = here(['killed before the state is written', 'killed after the state was written'], writes);
    if (kind !== 'killed before the state is written') {
      const outcome = await carryOut();
      if (kind === undefined) return outcome;
    }
    void kill();
    throw new Error('killed');
  };
  return {
    cloud: {
      ...ports.cloud,
      perform,
      find: (kind, name) => alive(() => ports.cloud.find(kind, name)),
      actions: (ids) => alive(async () => (await ports.cloud.actions(ids)).map(failing)),
    },
    store: {
      ...ports.store,
      putIfAbsent: (key, text) => writing(key, () => ports.store.putIfAbsent(key, text)),
      putIfMatch: (key, text, etag) => writing(key, () => ports.store.putIfMatch(key, text, etag)),
    },
    signal: stop.signal,
    killed,
    hit: () => hit,
  };
};
