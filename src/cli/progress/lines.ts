import type { Clock } from '../../ports/clock.ts';
import type { Stream } from '../io.ts';
import { duration, plural } from '../print/text.ts';
import type { Board } from './board.ts';
import type { Progress } from './progress.ts';

export interface LinesOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly board: Board;
  readonly clean: (text: string) => string;
}

/** A step that waits says so again only after this long: a log is read later, not watched. */
const waitingLineMs = 30_000;

/** Progress in a log: one line when a step starts, waits long, ends. Each begins with the time since the start. */
export const createLineProgress = ({ stream, clock, board, clean }: LinesOptions): Progress => {
  const startedAt = clock.now();
  let stopping = false;
  const lastSaid = new Map<string, number>();
  const say = (text: string): void => stream.write(`${clean(`[${stamp(clock.now() - startedAt)}] ${text}`)}\n`);
  const count = (): string => `${board.ended} of ${board.total}`;

  return {
    phase: say,
    planStarted(plan) {
      board.begin(plan, clock.now());
      const left = board.remainingMs(clock.now()) ?? 0;
      say(`${plan.environment}: ${plural(board.total, 'step')}, about ${duration(left)}`);
    },
    stepStarted(step) {
      board.start(step, clock.now());
      lastSaid.set(step.id, clock.now());
      say(`${step.id}: started`);
    },
    stepWaiting(step, detail) {
      board.wait(step, detail);
      const now = clock.now();
      if (now - (lastSaid.get(step.id) ?? now) < waitingLineMs) return;
      lastSaid.set(step.id, now);
      say(`${step.id}: waiting for ${detail}`);
    },
    stepSucceeded(step, elapsedMs) {
      board.end(step, clock.now());
      say(`${step.id}: done in ${duration(elapsedMs)} (${count()})`);
    },
    stepFailed(step, error) {
      board.end(step, clock.now());
      say(`${step.id}: FAILED: ${error.message}`);
    },
    stepSkipped(step, because) {
      board.end(step, clock.now());
      if (!stopping) say(`${step.id}: not started: ${because}`);
    },
    notice: say,
    requests() {},
    running: () => board.running(),
    stopping() {
      stopping = true;
    },
    stop() {},
  };
};

/** `0:07`, `12:30`, `1:02:05`. */
const stamp = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};
