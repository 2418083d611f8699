import type { Sabotage } from './live.ts';
import type { Move, Story } from './moves.ts';
import { simulate } from './simulate.ts';
import type { Rule } from './witness.ts';

/** Leaves out halves, quarters, … single moves as long as the same rule is broken. */
export const shrink = async (story: Story, rule: Rule, sabotage?: Sabotage): Promise<Story> => {
  const fails = async (moves: readonly Move[]): Promise<boolean> =>
    (await simulate({ ...story, moves }, sabotage)).violations.some((one) => one.rule === rule);
  let left = story.moves;
  for (let size = Math.ceil(left.length / 2); size >= 1; ) {
    let cut = false;
    for (let at = 0; at < left.length; ) {
      const rest = [...left.slice(0, at), ...left.slice(at + size)];
      if (await fails(rest)) {
        left = rest;
        cut = true;
      } else at += size;
    }
    if (!cut || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return { ...story, moves: left };
};
