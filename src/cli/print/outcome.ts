import type { Outcome } from '../../ports/session.ts';
import { printNext } from './change.ts';
import type { Layout } from './layout.ts';
import { requestsText } from './plan.ts';
import { duration, paragraph, plural } from './text.ts';
import { printTimings } from './timings.ts';
import { verdictStyles } from './verdicts.ts';

/** How an apply ended: what failed and why, what was done, what was not started, what to run next. */
export const printOutcome = (outcome: Outcome, waitedMs: number, again: string, layout: Layout): string[] => {
  const { paint } = layout;
  const took = `${timeText(outcome.elapsedMs, waitedMs)}, ${requestsText({ requests: outcome.requests.used, budget: outcome.requests.budget })}`;
  const steps = plural(outcome.succeeded.length, 'step');
  if (outcome.result === 'converged')
    return [
      ...paragraph(`done: ${steps} in ${took}; a second look finds nothing left to do`, layout.width, '', '  ').map(
        (line) => paint('green', line),
      ),
      ...printTimings(outcome.timings, layout),
    ];
  const verb = outcome.result === 'interrupted' ? 'interrupted' : 'failed';
  return [
    ...paragraph(`${verb} after ${took}`, layout.width, '', '  ').map((line) => paint('red', line)),
    ...printFailures(outcome, layout),
    ...printList('in flight, outcome not known', outcome.inFlight, layout, true),
    ...printList('done and recorded', outcome.succeeded, layout, false),
    ...printList('not started', outcome.skipped, layout, false),
    ...printRemaining(outcome, layout),
    ...printTimings(outcome.timings, layout),
    ...printNext(again, layout, '  '),
    ...paragraph('It looks again first, finds what was made, and goes on from there.', layout.width, '        '),
  ];
};

/** An emulated cloud's clock jumps while we wait: then its time is not the user's, and saying so saves a puzzled look. */
const timeText = (elapsedMs: number, waitedMs: number): string =>
  elapsedMs > 2 * waitedMs + 1_000
    ? `${duration(elapsedMs)} of the cloud's own time (${duration(waitedMs)} here)`
    : duration(elapsedMs);

const printFailures = (outcome: Outcome, layout: Layout): string[] =>
  outcome.failed.flatMap(({ step, message, next }) => [
    layout.paint('red', `  ✗ ${step}`),
    ...message.split('\n').flatMap((line) => paragraph(line, layout.width, '      ')),
    ...(next === undefined ? [] : printNext(next, layout, '      ')),
  ]);

/** Short lists are told in full; long ones only with `--verbose`, unless each entry is worth knowing. */
const listedMax = 3;
const printList = (title: string, steps: readonly string[], { width, verbose }: Layout, always: boolean): string[] => {
  if (steps.length === 0) return [];
  const told = always || verbose || steps.length <= listedMax ? `: ${steps.join(', ')}` : '';
  return paragraph(`${title}: ${plural(steps.length, 'step')}${told}`, width, '  ', '    ');
};

const printRemaining = ({ remaining }: Outcome, layout: Layout): string[] => {
  if (remaining === null) return [];
  const left = remaining.changes.filter((change) => change.action !== 'keep');
  return [
    ...paragraph('a second look still finds something to do:', layout.width, '  '),
    ...left.flatMap((change) => {
      const style = verdictStyles.find((verdict) => verdict.action === change.action);
      const because = change.reasons.map((reason) => `${reason.field}: ${reason.because}`).join('; ');
      return paragraph(
        `${style?.symbol ?? ' '} ${change.action} ${change.address}: ${because}`,
        layout.width,
        '    ',
        '      ',
      );
    }),
  ];
};
