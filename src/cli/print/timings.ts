import type { StepTiming } from '../../ports/session.ts';
import type { Layout } from './layout.ts';
import { duration, paragraph } from './text.ts';

/** Shorter than this is not worth a line. */
const worthMs = 100;
const partsMax = 8;

/**
 * The steps that the run's end had to wait for, each with what it was made of: only a saving on one of these makes the
 * run shorter. Nothing when the run was over in a moment.
 */
export const printTimings = (timings: readonly StepTiming[], { width, paint }: Layout): string[] => {
  const path = slowestPath(timings).filter(({ elapsedMs }) => elapsedMs >= worthMs);
  if (path.length < 2) return [];
  const column = Math.max(...path.map(({ elapsedMs }) => duration(elapsedMs).length));
  return [
    paint('dim', 'where the time went, along the steps that the end had to wait for:'),
    ...path.flatMap(({ step, elapsedMs, parts }) => {
      const took = duration(elapsedMs).padStart(column + 2);
      const made = partsText(parts);
      return paragraph(`${step}${made === '' ? '' : `: ${made}`}`, width, `${took}  `, ' '.repeat(column + 6));
    }),
  ];
};

const partsText = (parts: StepTiming['parts']): string =>
  parts
    .filter(({ ms }) => ms >= worthMs)
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, partsMax)
    .map(({ what, ms }) => `${what} ${duration(ms)}`)
    .join(', ');

/** Back from the step that ended last, each time to the needed one that ended last. */
export const slowestPath = (timings: readonly StepTiming[]): readonly StepTiming[] => {
  const byId = new Map(timings.map((timing) => [timing.step, timing]));
  const path: StepTiming[] = [];
  for (let at = lastOf(timings); at !== undefined; ) {
    path.unshift(at);
    at = lastOf(at.dependsOn.flatMap((id) => byId.get(id) ?? []));
  }
  return path;
};

const lastOf = (timings: readonly StepTiming[]): StepTiming | undefined =>
  timings.reduce<StepTiming | undefined>(
    (last, one) => (last === undefined || endOf(one) > endOf(last) ? one : last),
    undefined,
  );
const endOf = ({ startedMs, elapsedMs }: StepTiming): number => startedMs + elapsedMs;
