import type { Clock } from '../../src/ports/clock.ts';
import type { Reporter } from '../../src/ports/reporter.ts';

export interface RecordingReporter extends Reporter {
  /** `0.0 start create server/a`, `8.1 done create server/a`: seconds since the clock's start. */
  readonly lines: string[];
}

export const createRecordingReporter = (clock: Clock): RecordingReporter => {
  const startedAt = clock.now();
  const lines: string[] = [];
  const note = (text: string) => {
    lines.push(`${((clock.now() - startedAt) / 1000).toFixed(1)} ${text}`);
  };
  return {
    lines,
    phase: (text) => note(`phase ${text}`),
    planStarted: () => undefined,
    stepStarted: (step) => note(`start ${step.id}`),
    stepWaiting: (step, detail) => note(`wait ${step.id}: ${detail}`),
    stepSucceeded: (step) => note(`done ${step.id}`),
    stepFailed: (step, error) => note(`fail ${step.id}: ${error.message}`),
    stepSkipped: (step, because) => note(`skip ${step.id}: ${because}`),
    notice: (text) => note(`notice ${text}`),
    requests: () => undefined,
  };
};
