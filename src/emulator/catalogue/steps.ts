/*
 * Everything that changes with the date is a table of steps: a value holds from its day until the next one.
 * Days are text (`2026-06-15`), which sorts like time.
 */
export interface Step<T> {
  readonly from: string;
  readonly value: T;
}

/** The value on that day; undefined before the first step. */
export const on = <T>(day: string, steps: readonly Step<T>[]): T | undefined =>
  steps.findLast((step) => step.from <= day)?.value;

/** `2026-11-24` of `2026-11-24T04:00:00.000Z`. */
export const dayOf = (instant: string): string => instant.slice(0, 10);

/** Midnight of a day, in the spelling of the API. */
export const midnight = (day: string): string => `${day}T00:00:00+00:00`;
