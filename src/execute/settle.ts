import type { Failure } from '../domain/errors.ts';
import type { CloudEffect } from '../domain/plan.ts';

/*
 * What a write came to whose reply was lost, or that was refused because it is already so: looked up, never repeated.
 * `settle-create.ts` and `settle-change.ts` do it.
 */
export type CreateEffect = Extract<CloudEffect, { op: 'create' }>;
export type ChangeEffect = Extract<CloudEffect, { op: 'change' }>;
export type DeleteEffect = Extract<CloudEffect, { op: 'delete' }>;

/** A request that arrived shows within this time; one that does not show by then counts as unknown, not as undone. */
export const lookups = { waitsMs: [500, 1_000, 2_000, 4_000], boundMs: 20_000 };

/** For a line of progress. */
export const shortOf = (failure: Failure): string => {
  const text = failure.message.split('\n')[0] ?? '';
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
};
