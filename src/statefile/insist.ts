import { StoreError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** A store that drops one reply must not end a run; one that stays away must not hold it up. */
const tries = 3;
const firstWaitMs = 250;

/** Work that may be done twice, asked again while the store gives no answer; what it refuses it refuses again. */
export const insist = async <T>(clock: Pick<Clock, 'sleep'>, work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= tries || !wentUnanswered(error)) throw error;
    }
    await clock.sleep(firstWaitMs * 2 ** (attempt - 1));
  }
};

/** It may have been carried out, or never have arrived. */
export const wentUnanswered = (error: unknown): boolean => error instanceof StoreError && error.kind !== 'refused';
