import { InterruptedError } from '../domain/errors.ts';
import type { Io } from './io.ts';
import type { Progress } from './progress/progress.ts';

/** 128 and the signal's number, as shells report it. */
const killedBy = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C, or the SIGTERM of a pipeline that is cancelled. The first one asks the run to end, the second one ends the process. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Reading can be left at any moment: ends with InterruptedError as soon as the user asks. */
  orInterrupted<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

export const listenForInterrupts = (io: Io, progress: Progress): Interruption => {
  const controller = new AbortController();
  const { signal } = controller;
  const interrupted = Promise.withResolvers<never>();
  // Nobody may be reading when it comes; that is no unhandled rejection.
  interrupted.promise.catch(() => {});
  const stopListening = io.onInterrupt((name) => {
    if (signal.aborted) {
      progress.stop();
      io.stderr.write(`${name} again: leaving at once; the next run finds what was made\n`);
      io.exit(killedBy[name]);
      return;
    }
    progress.stopping();
    const flying = progress.running().map(({ step }) => step.id);
    if (flying.length > 0)
      progress.notice(
        `${name}: no new step is started; in flight: ${flying.join(', ')}; again to leave at once, the next run finds what was made`,
      );
    const ended = new InterruptedError(`interrupted by ${name}`, { done: ['nothing was changed'] });
    controller.abort(ended);
    interrupted.reject(ended);
  });
  return {
    signal,
    orInterrupted(work) {
      // The loser of the race may still reject later: the race has told its end.
      work.catch(() => {});
      return Promise.race([work, interrupted.promise]);
    },
    close: stopListening,
  };
};
