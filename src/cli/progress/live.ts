import type { Clock } from '../../ports/clock.ts';
import type { Stream } from '../io.ts';
import type { Paint } from '../print/paint.ts';
import { cut, duration, padEnd, paragraph } from '../print/text.ts';
import type { Board, RunningStep } from './board.ts';
import type { Progress } from './progress.ts';
import { createScreen } from './screen.ts';

export interface LiveOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly board: Board;
  readonly clean: (text: string) => string;
  /** Calls back about every `ms` until the returned function is called. */
  readonly every: (ms: number, tick: () => void) => () => void;
}

const frameMs = 100;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Running steps shown at once; more are counted. */
const shownMax = 12;

/** Progress on a terminal: what ended scrolls by, what runs is repainted below it. */
export const createLiveProgress = ({ stream, clock, paint, board, clean, every }: LiveOptions): Progress => {
  const screen = createScreen(stream);
  const startedAt = clock.now();
  let phase = '';
  let planned = false;
  let stopping = false;
  let frame = 0;
  let stopTicking: (() => void) | undefined;

  const width = (): number => Math.max(20, (stream.columns ?? 80) - 1);
  const repaint = (lasting: readonly string[] = []): void => screen.paint(lasting, [...runningLines(), footer()]);
  const show = (lasting: readonly string[] = []): void => {
    stopTicking ??= every(frameMs, () => {
      frame += 1;
      repaint();
    });
    repaint(lasting);
  };

  const runningLines = (): string[] => {
    const running = board.running();
    const shown = running.slice(0, shownMax);
    const nameWidth = Math.min(44, Math.max(0, ...shown.map(({ step }) => step.id.length)));
    const lines = shown.map((entry) => runningLine(entry, nameWidth));
    return running.length > shownMax ? [...lines, `    and ${running.length - shownMax} more`] : lines;
  };
  const runningLine = ({ step, startedAt: since, waitingFor }: RunningStep, nameWidth: number): string => {
    const elapsed = duration(clock.now() - since);
    const text = cut(
      `${padEnd(cut(step.id, nameWidth), nameWidth)}  ${padEnd(elapsed, 6)}  ${waitingFor}`,
      width() - 4,
    );
    return `  ${paint('cyan', spinner[frame % spinner.length] ?? '')} ${text.trimEnd()}`;
  };
  const footer = (): string => {
    const now = clock.now();
    if (!planned)
      return paint('dim', cut(`${spinner[frame % spinner.length]} ${phase}  ${duration(now - startedAt)}`, width()));
    const text = `${board.ended} of ${board.total} steps, ${duration(now - board.startedAt)} elapsed, ${outlook(now)}`;
    return paint('dim', cut(`  ${text}`, width()));
  };
  const outlook = (now: number): string => {
    if (board.ended === board.total) return phase;
    if (stopping) return 'stopping';
    const left = board.remainingMs(now) ?? 0;
    return left < 1_000 ? 'nearly done' : `about ${duration(roundedUp(left))} left`;
  };
  const lasting = (text: string): void => show(paragraph(clean(text), width(), '  ', '    '));

  return {
    phase(text) {
      phase = oneLine(clean(text));
      show();
    },
    planStarted(plan) {
      planned = true;
      phase = 'looking again';
      board.begin(plan, clock.now());
      show();
    },
    stepStarted(step) {
      board.start(step, clock.now());
      show();
    },
    stepWaiting(step, detail) {
      board.wait(step, oneLine(clean(detail)));
    },
    stepSucceeded(step, elapsedMs) {
      board.end(step, clock.now());
      show([`  ${paint('green', '✓')} ${cut(`${step.id}  ${duration(elapsedMs)}`, width() - 4)}`]);
    },
    stepFailed(step, error) {
      board.end(step, clock.now());
      show([
        `  ${paint('red', '✗')} ${cut(step.id, width() - 4)}`,
        ...clean(error.message)
          .split('\n')
          .flatMap((line) => paragraph(line, width(), '      '))
          .map((line) => paint('red', cut(line, width()))),
      ]);
    },
    stepSkipped(step, because) {
      board.end(step, clock.now());
      // After Ctrl-C the end counts them; one by one they would push what matters off the screen.
      if (!stopping) show([paint('dim', cut(`  - ${step.id} not started: ${oneLine(clean(because))}`, width()))]);
    },
    notice: lasting,
    requests() {},
    running: () => board.running(),
    stopping() {
      stopping = true;
    },
    stop() {
      stopTicking?.();
      stopTicking = undefined;
      planned = false;
      screen.clear();
    },
  };
};

/** A line break inside the block would put its lines out of count. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Whole seconds, above a minute every fifth: an estimate that flickers reads like a lie. */
const roundedUp = (ms: number): number => {
  const unit = ms < 60_000 ? 1_000 : 5_000;
  return Math.ceil(ms / unit) * unit;
};
