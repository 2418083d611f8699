import { seededRandom } from '../../../src/local/random.ts';
import type { Random } from '../../../src/ports/random.ts';

/** Everything that is left to chance, drawn from one seed in one order. */
export interface Chance {
  /** Uniform in [0, 1). */
  draw(): number;
  below(n: number): number;
  often(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A seed for something that draws for itself, so that leaving it out changes nothing else. */
  seed(): number;
  readonly random: Random;
}

export const chanceOf = (seed: number): Chance => {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1));
  const draw = random.fraction;
  const below = (n: number): number => Math.floor(draw() * n);
  return {
    draw,
    below,
    random,
    often: (probability) => draw() < probability,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    seed: () => below(2 ** 31),
  };
};
