import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { StateError } from '../domain/errors.ts';
import { sameRecipients } from '../domain/recipients.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { SealedText, Sealer } from '../ports/sealer.ts';
import { wentUnanswered } from './insist.ts';
import { jsonIn } from './json-in.ts';
import { keysSchema } from './keys-schema.ts';
import { revealing } from './revealing.ts';
import { sealedSchema } from './schema.ts';
import { targetText } from './target-text.ts';
import { refusePlainText } from './unsealed.ts';

/*
 * A second copy of an environment's keys, beside its state: with the state lost, everything else is found again by
 * labels, but nobody could ever log in to the servers.
 */
export const keysKey = (environment: string): string => `${environment}.keys.json`;

const whose = { project: z.string(), environment: z.string() };
const copySchema = z.union([
  z.strictObject({ ...whose, keys: keysSchema }),
  z.strictObject({ ...whose, sealed: sealedSchema, proof: z.string() }),
]);

interface Whose {
  readonly store: ObjectStore;
  readonly sealer: Sealer;
  readonly project: string;
  readonly environment: string;
}

/** The copied keys; null when there is no copy. Throws StateError for a copy that can't be used. */
export const readKeysCopy = async (of: Whose): Promise<ClusterKeys | null> => {
  const { store, sealer, environment } = of;
  const stored = await store.get(keysKey(environment));
  if (stored === undefined) return null;
  const copy = copyIn(stored.text, of);
  if (copy === undefined) throw noCopy(of);
  if ('keys' in copy) return copy.keys as ClusterKeys;
  const { recipients, age } = copy.sealed;
  const what = `the keys of ${environment} in ${store.place}/${keysKey(environment)}`;
  const text = await sealer.open(age, recipients, { what, target: targetText(environment) });
  const keys = keysSchema.safeParse(jsonIn(text));
  if (!keys.success) throw noCopy(of);
  return keys.data as ClusterKeys;
};

const copyIn = (text: string, { project, environment }: Whose): z.infer<typeof copySchema> | undefined => {
  const { data } = copySchema.safeParse(jsonIn(text));
  return data?.project === project && data.environment === environment ? data : undefined;
};

const noCopy = ({ store, project, environment }: Whose): StateError => {
  const path = `${store.place}/${keysKey(environment)}`;
  return new StateError(`${path} is no copy of the keys of ${environment} of project ${project}`, {
    done: ['nothing was changed, and the file is as it was'],
    next: `put the right document there, or, when the state itself holds the keys, remove it: the next run writes it anew`,
  });
};

/**
 * Written by whoever holds the lease, before the state: keys that are in use are never in one place only. False: the
 * copy was there, sealed for the present recipients.
 */
export const writeKeysCopy = async (of: Whose, keys: ClusterKeys): Promise<boolean> => {
  try {
    return await putCopy(of, keys);
  } catch (error) {
    if (!wentUnanswered(error)) throw error;
    // Perhaps it is there: looked at, and written again if not.
    await putCopy(of, keys);
    return true;
  }
};

const putCopy = async (of: Whose, keys: ClusterKeys): Promise<boolean> => {
  const { store, sealer, environment } = of;
  const key = keysKey(environment);
  refusePlainText(store, sealer, `the keys of ${environment}`);
  const before = await store.get(key);
  if (before !== undefined && isCopyOf(before.text, of, keys)) return false;
  const text = await copyText(of, keys);
  const outcome =
    before === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, before.etag);
  if (outcome.ok) return true;
  const found = await store.get(key);
  if (found !== undefined && isCopyOf(found.text, of, keys)) return true;
  throw new StateError(`${store.place}/${key} was written by another run while this run was at work`, {
    done: ['the other document was left as it is'],
  });
};

const copyText = async ({ sealer, project, environment }: Whose, keys: ClusterKeys): Promise<string> => {
  const plain = JSON.stringify(keys, revealing);
  if (sealer.recipients.length === 0) return `${JSON.stringify({ project, environment, keys }, revealing, 2)}\n`;
  const sealed = { recipients: sealer.recipients, age: await sealer.seal(plain) };
  return `${JSON.stringify({ project, environment, sealed, proof: proofOf(plain, sealed) }, null, 2)}\n`;
};

/** Sealed for the present recipients, and of these keys: nothing has to be opened to see that. */
const isCopyOf = (text: string, of: Whose, keys: ClusterKeys): boolean => {
  const copy = copyIn(text, of);
  if (copy === undefined) return false;
  const { recipients } = of.sealer;
  const plain = JSON.stringify(keys, revealing);
  if ('keys' in copy) return recipients.length === 0 && JSON.stringify(copy.keys, revealing) === plain;
  return sameRecipients(copy.sealed.recipients, recipients) && copy.proof === proofOf(plain, copy.sealed);
};

/**
 * Who has the keys sees by it that the sealed text is of them and whole; for everybody else it is noise, for the keys
 * are its key, and they are more chance than anybody can guess.
 */
const proofOf = (plain: string, { recipients, age }: SealedText): string =>
  createHmac('sha256', plain)
    .update(JSON.stringify([recipients, age]))
    .digest('hex');
