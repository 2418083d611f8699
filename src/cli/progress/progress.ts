import type { Clock } from '../../ports/clock.ts';
import type { Reporter } from '../../ports/reporter.ts';
import type { Stream } from '../io.ts';
import type { Paint } from '../print/paint.ts';
import { createBoard, type RunningStep } from './board.ts';
import { createLineProgress } from './lines.ts';
import { createLiveProgress, type LiveOptions } from './live.ts';

/** A Reporter that shows; nothing of it goes to stdout. */
export interface Progress extends Reporter {
  /** For the message of an interruption. */
  running(): readonly RunningStep[];
  /** After the first Ctrl-C: what runs is waited for, no estimate holds any more. */
  stopping(): void;
  /** Before anything else is printed; the next event begins anew. */
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clean: (text: string) => string;
  readonly every?: LiveOptions['every'];
}

/** Live on a terminal that can move its cursor; plain lines in pipes, logs and CI. */
export const createProgress = ({ stream, clock, paint, env, clean, every = everyTick }: ProgressOptions): Progress => {
  const board = createBoard(clock.now());
  const live = stream.isTTY && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return live
    ? createLiveProgress({ stream, clock, paint, board, clean, every })
    : createLineProgress({ stream, clock, board, clean });
};

const everyTick: LiveOptions['every'] = (ms, tick) => {
  const timer = setInterval(tick, ms);
  // A repaint must never be what keeps the process alive.
  timer.unref();
  return () => clearInterval(timer);
};
