import type { Address } from '../domain/address.ts';
import { Failure } from '../domain/errors.ts';
import type { Reference } from '../domain/resource.ts';
import type { Remembered, StateFile } from '../domain/statefile.ts';

type Mutate = (state: StateFile) => StateFile;
/** The state as far as the executor writes it. */
export interface StateAccess {
  /** Durable when it returns. */
  readonly save: (mutate: Mutate) => Promise<unknown>;
  /** Goes with the next save. */
  readonly note: (mutate: Mutate) => void;
}

/** What this run knows of each address: the state it began with, and what it has done since. */
export interface Memory {
  readonly get: (address: Address) => Remembered | undefined;
  /** Returns when it is durable: the id of what was just made. A change that changes nothing is not written. */
  readonly recordNow: (address: Address, entry: Remembered) => Promise<void>;
  /** Known at once, durable with the next intent: what a look at the cloud tells as well. */
  readonly record: (address: Address, entry: Remembered) => void;
  /** Drops the entry; with an id, only if it still stands for that object. */
  readonly forget: (address: Address, id?: string) => void;
  /** The value behind a reference: text. Throws Failure when the thing has none yet. */
  readonly resolve: (reference: Reference) => string;
}

export const createMemory = (state: StateFile | null, { save, note }: StateAccess): Memory => {
  const entries = new Map<Address, Remembered>(Object.entries(state?.resources ?? {}) as [Address, Remembered][]);
  const get = (address: Address) => entries.get(address);
  return {
    get,
    async recordNow(address, entry) {
      if (same(entries.get(address), entry)) return;
      entries.set(address, entry);
      await save(withEntry(address, entry));
    },
    record(address, entry) {
      if (same(entries.get(address), entry)) return;
      entries.set(address, entry);
      note(withEntry(address, entry));
    },
    forget(address, id) {
      const entry = entries.get(address);
      if (entry === undefined || (id !== undefined && entry.id !== id)) return;
      entries.delete(address);
      note((before) => {
        const { [address]: _gone, ...resources } = before.resources;
        return { ...before, resources };
      });
    },
    resolve: ({ ref, attribute }) => {
      const entry = get(ref);
      const value = attribute === 'id' ? entry?.id : entry?.outputs[attribute];
      if (value !== undefined && value !== '') return value;
      throw new Failure(`${ref} has no ${attribute} that is known`, { next: 'make a new plan: it finds what exists' });
    },
  };
};

const withEntry =
  (address: Address, entry: Remembered): Mutate =>
  (before) => ({ ...before, resources: { ...before.resources, [address]: entry } });

const same = (a: Remembered | undefined, b: Remembered): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);
