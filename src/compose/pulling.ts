import { StateError } from '../domain/errors.ts';
import type { PulledState } from '../ports/state-access.ts';
import { decodeState, holdsSecrets } from '../statefile/codec.ts';
import { jsonIn } from '../statefile/json-in.ts';
import { noteIn, refuseMoved, refuseNote } from '../statefile/moved.ts';
import { stateKey } from '../statefile/read.ts';
import { targetText } from '../statefile/target-text.ts';
import { versionKey } from '../statefile/versions.ts';
import type { Context } from './context.ts';

/** A document as it is stored, also one that can't be read. Throws StateError when there is none of that serial. */
export const pullState = async (context: Context, environment: string, serial: number | null): Promise<PulledState> => {
  const { store } = context;
  const found =
    (await present(context, environment, serial)) ??
    (serial === null
      ? undefined
      : ((await kept(context, environment, serial)) ?? (await stored(context, environment, serial))));
  if (found !== undefined) return { ...found, redacted: await redactedText(context, environment, found) };
  if (serial === null) await refuseMoved(store, `the state of ${environment}`);
  throw new StateError(
    serial === null
      ? `there is no state of ${environment} in ${store.place}`
      : `${store.place} has no state of ${environment} of serial ${serial}`,
    { done: ['nothing was changed'], next: `see which there are: reconcile state history ${targetText(environment)}` },
  );
};

type Found = Omit<PulledState, 'redacted'>;

const present = async ({ store }: Context, environment: string, serial: number | null): Promise<Found | undefined> => {
  const key = stateKey(environment);
  const found = await store.get(key);
  if (found === undefined) return undefined;
  const note = noteIn(found.text);
  if (note !== undefined) throw refuseNote(`${store.place}/${key}`, environment, note);
  const own = serialIn(found.text);
  return serial !== null && serial !== own
    ? undefined
    : { path: `${store.place}/${key}`, serial: own ?? 0, text: found.text };
};

const kept = async ({ store }: Context, environment: string, serial: number): Promise<Found | undefined> => {
  const key = versionKey(environment, serial);
  const found = await store.get(key);
  return found === undefined ? undefined : { path: `${store.place}/${key}`, serial, text: found.text };
};

/** One request each, so not all that a bucket of years may hold. */
const storedMax = 200;

const stored = async ({ store }: Context, environment: string, serial: number): Promise<Found | undefined> => {
  const key = stateKey(environment);
  for (const { id } of ((await store.versions?.(key)) ?? []).slice(0, storedMax)) {
    const text = await store.getVersion?.(key, id);
    if (text !== undefined && serialIn(text) === serial)
      return { path: `${store.place}/${key} (version ${id})`, serial, text };
  }
  return undefined;
};

/** Of a document that may be damaged further on. */
export const serialIn = (text: string): number | undefined => {
  const document = jsonIn(text);
  const whole = typeof document === 'object' && document !== null && 'serial' in document ? document.serial : undefined;
  const serial = whole ?? /^ {2}"serial": (\d+),?$/m.exec(text)?.[1];
  return serial === undefined || !Number.isSafeInteger(Number(serial)) ? undefined : Number(serial);
};

/** Of a text that can't be read nobody can say where its secrets are: none of it is shown. */
const redactedText = async (
  { store, config }: Context,
  environment: string,
  { text, path }: Found,
): Promise<string | null> => {
  const where = { place: store.place, key: path.slice(store.place.length + 1), environment, project: config.project };
  try {
    const state = await decodeState(text, where, null);
    return holdsSecrets(state) ? `${JSON.stringify(state, null, 2)}\n` : null;
  } catch (error) {
    if (error instanceof StateError) return '';
    throw error;
  }
};
