import { CodeHostError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** What was on its way gets this long to arrive before anybody looks for it. */
const settleMs = 2_000;

/**
 * Makes something once, though the answer may be lost: then it is looked for, and only if it is not there it is made
 * again, once. Throws what the last attempt threw.
 */
export const madeOnce = async <T>(clock: Clock, make: () => Promise<T>, look: () => Promise<T | null>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof CodeHostError) || error.kind !== 'unknown') throw error;
      await clock.sleep(settleMs);
      const found = await look().catch((later: unknown) => {
        throw stillUnknown(error, later);
      });
      if (found !== null) return found;
      if (attempt === 2) throw error;
    }
  }
};

const stillUnknown = (error: CodeHostError, later: unknown): CodeHostError =>
  new CodeHostError(
    `${error.message}; looking for it did not help: ${later instanceof Error ? later.message : String(later)}`,
    { kind: 'unknown' },
    error.next === undefined ? {} : { next: error.next },
  );
