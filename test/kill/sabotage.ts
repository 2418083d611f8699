import type { Context } from '../../src/compose/context.ts';
import type { CloudApi } from '../../src/ports/cloud-api.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { Lease } from '../../src/statefile/held-lease.ts';
import { otherContext } from '../support/other-context.ts';
import type { Sabotage } from './child-options.ts';

export interface Sabotaged {
  readonly store: ObjectStore;
  readonly context: (context: Context) => Context;
}

/** The product with one of its safeguards off; null: as it is. */
export const sabotaged = (what: Sabotage | null, store: ObjectStore): Sabotaged => {
  switch (what) {
    case null:
      return { store, context: (context) => context };
    case 'no-intent':
      return { store: withoutIntents(store), context: (context) => context };
    case 'no-lookup':
      return { store, context: (context) => otherContext(context, { cloud: onlyRemembered(context.cloud, store) }) };
    case 'no-lease':
      return {
        store: lastWriterWins(store),
        context: (context) => otherContext(context, { leases: everybodys(context.leases) }),
      };
  }
};

const stateOfProduction = 'production.json';

/** The state is written as ever, but nothing in it says what a step is about to do. */
const withoutIntents = (store: ObjectStore): ObjectStore => {
  const less = (key: string, text: string): string => {
    if (key !== stateOfProduction) return text;
    const document = JSON.parse(text) as { lastRun?: { journal: { event: string }[] } };
    if (document.lastRun === undefined) return text;
    const journal = document.lastRun.journal.filter(({ event }) => event !== 'started');
    return JSON.stringify({ ...document, lastRun: { ...document.lastRun, journal } });
  };
  return {
    ...store,
    putIfAbsent: (key, text) => store.putIfAbsent(key, less(key, text)),
    putIfMatch: (key, text, etag) => store.putIfMatch(key, less(key, text), etag),
  };
};

/** Only what a state names, or this run has made, is seen: nothing is found by its labels or its name. */
const onlyRemembered = (cloud: CloudApi, store: ObjectStore): CloudApi => {
  const made = new Set<string>();
  const remembered = async (): Promise<ReadonlySet<string>> => {
    const known = new Set(made);
    for (const key of [stateOfProduction, 'shared.json']) {
      const text = (await store.get(key))?.text;
      const { resources = {} } = JSON.parse(text ?? '{}') as { resources?: Record<string, { id: string }> };
      for (const { id } of Object.values(resources)) known.add(id);
    }
    return known;
  };
  return {
    ...cloud,
    async list(kind) {
      const [listing, known] = await Promise.all([cloud.list(kind), remembered()]);
      return { ...listing, items: listing.items.filter(({ id }) => known.has(id)) };
    },
    async listRrsets(zone) {
      const [listing, known] = await Promise.all([cloud.listRrsets(zone), remembered()]);
      return { ...listing, items: listing.items.filter(({ id }) => known.has(id)) };
    },
    find: async () => undefined,
    async perform(...what) {
      const accepted = await cloud.perform(...what);
      if (accepted.id !== undefined) made.add(accepted.id);
      return accepted;
    },
  };
};

/** No fence: a document is written over whatever is there. */
const lastWriterWins = (store: ObjectStore): ObjectStore => ({
  ...store,
  async putIfMatch(key, text, etag) {
    const now = key === stateOfProduction ? await store.get(key) : undefined;
    return store.putIfMatch(key, text, now?.etag ?? etag);
  },
});

/** Whoever asks for the lease has it, for ever. */
const everybodys = (leases: Context['leases']): Context['leases'] => ({
  ...leases,
  waitUntilFree: async () => undefined,
  async take({ command, environment, run }) {
    const record = {
      ...{ holder: 'everybody', host: 'anywhere', pid: 1, command, fencingToken: 1, released: false },
      ...{ acquiredAt: new Date(0).toISOString(), expiresAt: new Date(8.64e15).toISOString() },
      ...(run === undefined ? {} : { run }),
    };
    return {
      record: () => record,
      check: async () => undefined,
      mayMutate: () => true,
      tooShort: () => {
        throw new Error(`the lease on ${environment} never ends`);
      },
      lost: new AbortController().signal,
      release: async () => true,
      leave: () => undefined,
    } satisfies Lease;
  },
});
