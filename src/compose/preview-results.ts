import { BlockedError, Failure, LeaseHeldError, NoPlaceError, WithdrawnError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { Deployed } from '../ports/previews.ts';
import type { Outcome } from '../ports/session.ts';

/** Why something did not come about, in a sentence and with what to do about it; never a stack trace. */
type Refused = Extract<Deployed, { result: 'withdrawn' | 'blocked' | 'held' | 'failed' }>;

/** What an error means for a preview. */
export const refusedBy = (error: unknown, holders: readonly string[]): Refused => {
  if (error instanceof WithdrawnError) return { result: 'withdrawn', because: error.message };
  const message = sentence(error);
  if (error instanceof LeaseHeldError) return { result: 'held', message };
  // Only a place gets free by itself.
  if (error instanceof BlockedError)
    return { result: 'blocked', message, holders: error instanceof NoPlaceError ? holders : [] };
  return { result: 'failed', message };
};

/** A plan that must not be carried out: each obstacle once. */
export const blockedBy = ({ changes }: Plan): BlockedError | null => {
  const blocked = changes.filter(({ action }) => action === 'blocked');
  if (blocked.length === 0) return null;
  const obstacles = blocked.filter(({ reasons }) => !reasons.every(({ field }) => field === 'depends'));
  const sentences = (obstacles.length === 0 ? blocked : obstacles).map(
    ({ address, reasons }) =>
      reasons.filter(({ field }) => field !== 'existence').at(-1)?.because ?? `${address} is blocked`,
  );
  const next = obstacles.find((change) => change.next !== undefined)?.next;
  const isForPlace = blocked.some(({ reasons }) => reasons.some(({ field }) => field === 'limits'));
  return new (isForPlace ? NoPlaceError : BlockedError)([...new Set(sentences)].join('; '), {
    done: ['nothing was changed'],
    ...(next === undefined ? {} : { next }),
  });
};

/** What kept a run from converging. */
export const whyNot = ({ result, failed, remaining, inFlight }: Outcome, again: string): string => {
  if (result === 'interrupted')
    return withNext(
      `the run was told to stop${inFlight.length === 0 ? '' : ` while at ${inFlight.join(', ')}`}`,
      again,
    );
  const [first] = failed;
  if (first !== undefined) return withNext(`${first.step}: ${first.message}`, first.next ?? again);
  const open = (remaining?.changes ?? []).filter(({ action }) => action !== 'keep').map(({ address }) => address);
  return withNext(`what was found afterwards is not what was wanted: ${open.join(', ')}`, again);
};

export const sentence = (error: unknown): string => {
  if (error instanceof Failure) return withNext(error.message, error.next);
  return `unexpected: ${error instanceof Error ? error.message : String(error)}`;
};

const withNext = (text: string, next: string | undefined): string =>
  next === undefined ? text : `${text}; next: ${next}`;
