import { DeadlineError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

const pollMs = 2000;

/** Asks every two seconds until yes; throws DeadlineError with the bound in its message. */
export const waitUntil = async (
  clock: Clock,
  withinMs: number,
  ask: () => Promise<boolean>,
  { message, next }: { readonly message: string; readonly next: string },
): Promise<void> => {
  const end = clock.now() + withinMs;
  while (!(await ask())) {
    if (clock.now() >= end) throw new DeadlineError(`${message} within ${withinMs / 1000} seconds`, { next });
    await clock.sleep(pollMs);
  }
};
