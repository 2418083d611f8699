import { Failure } from '../domain/errors.ts';
import type { ObjectStore, PutOutcome } from '../ports/object-store.ts';
import { createLeaseObjects, type Generation, type LeaseObjects, type LeaseObjectsOptions } from './lease-objects.ts';

/**
 * Leases for stores that pay no heed to conditions: create-if-absent and compare-and-swap made of what the Hetzner API
 * does have, names that are unique in a project (docs/decisions/0025-lease.md). Each fencing token is an object of its
 * own; the highest counts. Two sides could miss each other only if neither looked after it wrote, so both do: a taker
 * writes its new object and then looks whether the old one moved, a holder writes its own and then looks for a newer one.
 * Only the keys `<environment>.lease.json`.
 */
export const createHetznerLeases = (options: LeaseObjectsOptions): ObjectStore => leasesOn(createLeaseObjects(options));

/** What was there when the decision to take over was made. */
type Base = Generation | undefined;

export const leasesOn = (objects: LeaseObjects): ObjectStore => {
  /** Texts that this process sent for a new object, not yet looked back upon: perhaps made without our having heard. */
  const unsure = new Map<string, Base>();

  const take = async (environment: string, number: number, text: string, base: Base): Promise<PutOutcome> => {
    unsure.set(text, base);
    const made = await objects.create(environment, number, text);
    if (made === undefined) {
      unsure.delete(text);
      return { ok: false, because: base === undefined ? 'exists' : 'moved' };
    }
    return lookBack(environment, made);
  };

  /** Whether the new one stands; it goes again when somebody else was there first, or came to life again. */
  const lookBack = async (environment: string, made: Generation): Promise<PutOutcome> => {
    const base = unsure.get(made.text);
    const all = await objects.list(environment);
    const older = all.filter(({ number }) => number < made.number);
    const stands =
      all.at(-1)?.id === made.id &&
      (base === undefined
        ? older.length === 0
        : older.at(-1)?.number === base.number && older.at(-1)?.text === base.text);
    if (!stands) {
      await objects.remove(made.id);
      unsure.delete(made.text);
      return { ok: false, because: 'moved' };
    }
    unsure.delete(made.text);
    await removeQuietly(objects, older);
    return { ok: true, etag: etagOf(made) };
  };

  /** By the holder of this very number: a renewal, the release; or by `state unlock`. */
  const replace = async (environment: string, base: Generation, text: string): Promise<PutOutcome> => {
    if (unsure.has(base.text)) {
      const stands = await lookBack(environment, base);
      if (!stands.ok) return stands;
    }
    if (isPreview(environment) && released(text)) {
      await objects.remove(base.id);
      return { ok: true, etag: etagOf({ ...base, text }) };
    }
    if (!(await objects.write(base.id, text))) return { ok: false, because: 'absent' };
    const all = await objects.list(environment);
    const last = all.at(-1);
    if (last?.id !== base.id || last.text !== text) return { ok: false, because: 'moved' };
    return { ok: true, etag: etagOf({ ...base, text }) };
  };

  return {
    place: 'the Hetzner project',
    shared: true,
    async get(key) {
      const last = (await objects.list(environmentOf(key))).at(-1);
      return last === undefined ? undefined : { text: last.text, etag: etagOf(last) };
    },
    async putIfAbsent(key, text) {
      const environment = environmentOf(key);
      if ((await objects.list(environment)).length > 0) return { ok: false, because: 'exists' };
      return take(environment, numberIn(text), text, undefined);
    },
    async putIfMatch(key, text, etag) {
      const environment = environmentOf(key);
      const last = (await objects.list(environment)).at(-1);
      if (last === undefined) return { ok: false, because: 'absent' };
      if (etagOf(last) !== etag) return { ok: false, because: 'moved' };
      const number = numberIn(text);
      return number === last.number ? replace(environment, last, text) : take(environment, number, text, last);
    },
    async delete(key) {
      throw new Failure(`${key} of the Hetzner project is a lease, and a lease is released instead of deleted`);
    },
    list: async () => [],
    ...(objects.skewMs && { skewMs: objects.skewMs }),
  };
};

const environmentOf = (key: string): string => {
  const environment = /^([a-z0-9-]+)\.lease\.json$/.exec(key)?.[1];
  if (environment !== undefined) return environment;
  throw new Failure(`${key} is no lease, and only leases are kept in the Hetzner project`);
};

const etagOf = ({ number, text }: Pick<Generation, 'number' | 'text'>): string => `${number} ${text}`;

const recordIn = (text: string): { readonly fencingToken: number; readonly released: boolean } => JSON.parse(text);
const numberIn = (text: string): number => recordIn(text).fencingToken;
const released = (text: string): boolean => recordIn(text).released;

/** A project has 50 firewalls: the lease of a preview goes with its release instead of counting on. */
const isPreview = (environment: string): boolean => /^pr-\d+$/.test(environment);

/** What is left behind harms nobody: the highest number counts, and the next taker tries again. */
const removeQuietly = async (objects: LeaseObjects, older: readonly Generation[]): Promise<void> => {
  for (const { id } of older) await objects.remove(id).catch(() => undefined);
};
