import type { Move } from './moves.ts';
import { simulate } from './simulate.ts';
import type { Sabotage } from './world.ts';

/** Numbers and names differ from story to story; the kind of the fault is what has to stay. */
const kindOf = (violation: string): string => (violation.split('\n')[0] ?? '').replaceAll(/[\d"]+/g, '#').slice(0, 40);

/**
 * Delta debugging: leaves out halves, quarters, … single moves as long as the same kind of violation is found (Zeller,
 * Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002).
 */
export const shrink = async (
  moves: readonly Move[],
  violation: string,
  sabotage?: Sabotage,
): Promise<readonly Move[]> => {
  const kind = kindOf(violation);
  const fails = async (some: readonly Move[]): Promise<boolean> =>
    (await simulate(some, sabotage)).violations.some((one) => kindOf(one) === kind);
  let left = moves;
  for (let parts = 2; left.length > 1; ) {
    const size = Math.ceil(left.length / parts);
    let shorter: readonly Move[] | undefined;
    for (let at = 0; at < left.length && shorter === undefined; at += size) {
      const rest = [...left.slice(0, at), ...left.slice(at + size)];
      if (rest.length > 0 && (await fails(rest))) shorter = rest;
    }
    if (shorter !== undefined) {
      left = shorter;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) break;
    else parts = Math.min(left.length, parts * 2);
  }
  return left;
};
