import { LeaseHeldError, StateError } from '../domain/errors.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { PutOutcome } from '../ports/object-store.ts';
import { encodeState, holdsSecrets } from './codec.ts';
import { jsonIn } from './json-in.ts';
import { stateKey } from './read.ts';
import { anyVersionSchema } from './schema.ts';
import { targetText } from './target-text.ts';
import { refusePlainText } from './unsealed.ts';
import type { StateWriterOptions } from './write.ts';

export interface Stored {
  /** Undefined: the document does not exist yet. */
  readonly etag: string | undefined;
  readonly serial: number;
}

/** A store that drops one reply must not end a run; one that stays away must not hold it up. */
const tries = 3;
const firstWaitMs = 250;

/** Compare-and-swap until the outcome is known. */
export const putState = async (
  options: StateWriterOptions,
  state: StateFile,
  base: Stored,
  unanswered: Map<string, number>,
): Promise<Stored> => {
  const { store, clock, environment } = options;
  const key = stateKey(environment);
  const letGo = clock.hold?.();
  const text = await textOf(state, options).finally(() => letGo?.());
  for (let attempt = 1; ; attempt += 1) {
    let outcome: PutOutcome;
    // Before it is asked: a refusal may be the answer to a write that something on the way has repeated.
    unanswered.set(text, state.serial);
    try {
      const { etag } = base;
      outcome = etag === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, etag);
    } catch (error) {
      if (attempt >= tries) throw error;
      await clock.sleep(firstWaitMs * 2 ** (attempt - 1));
      continue;
    }
    if (outcome.ok) return { etag: outcome.etag, serial: state.serial };
    // Refused, but perhaps because of a write of our own whose reply was lost.
    const found = await store.get(key);
    if (found?.text === text) return { etag: found.etag, serial: state.serial };
    const ownSerial = found === undefined ? undefined : unanswered.get(found.text);
    if (found === undefined || ownSerial === undefined) throw overtaken(options, found?.text);
    unanswered.delete(found.text);
    return putState(options, { ...state, serial: ownSerial + 1 }, { etag: found.etag, serial: ownSerial }, unanswered);
  }
};

/** Throws StateError where secrets would lie in a shared store for everybody to read. */
const textOf = async (state: StateFile, { store, sealer, environment }: StateWriterOptions): Promise<string> => {
  if (holdsSecrets(state)) refusePlainText(store, sealer, `the secrets of ${environment}`);
  return encodeState(state, sealer);
};

/** Who wrote, as far as the other document tells; a higher fencing token means that the lease is theirs. */
const overtaken = (options: StateWriterOptions, text: string | undefined): StateError | LeaseHeldError => {
  const { store, environment, fencingToken } = options;
  const other = text === undefined ? undefined : writerIn(text);
  const path = `${store.place}/${stateKey(environment)}`;
  const what = text === undefined ? 'was removed' : `was written by ${other?.who ?? 'another run'}`;
  const message = `the state of ${environment} (${path}) ${what} while this run was at work`;
  const details = {
    done: ['the other document was left as it is'],
    next: `look at what is there now: reconcile plan ${targetText(environment)}`,
  };
  return other !== undefined && other.fencingToken > fencingToken
    ? new LeaseHeldError(`${message}; the lease is theirs`, details)
    : new StateError(message, details);
};

const writerIn = (text: string): { readonly who: string | undefined; readonly fencingToken: number } | undefined => {
  const result = anyVersionSchema.safeParse(jsonIn(text));
  if (!result.success) return undefined;
  const { lastRun, fencingToken } = result.data;
  return {
    who: lastRun === undefined ? undefined : `another run, of ${lastRun.holder} (${lastRun.command}),`,
    fencingToken: fencingToken ?? 0,
  };
};
