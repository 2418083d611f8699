import type { Clock } from './clock.ts';

/**
 * Ends `run` with `late()` after `ms`: its signal is aborted with that error, and nobody waits for a `run` that does not
 * listen. It should read the whole answer, so that a half-open connection ends as well.
 */
export const withDeadline = async <T>(
  clock: Clock,
  ms: number,
  late: () => Error,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const request = new AbortController();
  const timer = new AbortController();
  const silence = clock.sleep(ms, timer.signal).then(
    () => {
      const error = late();
      request.abort(error);
      throw error;
    },
    // The answer came first and ended the timer: this side of the race never settles.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([run(request.signal), silence]);
  } finally {
    timer.abort();
  }
};
