import { editDistance } from '../domain/edit-distance.ts';

/** The nearest allowed word, when it is near enough to be what was meant; the earlier one of equals. */
export const suggest = (found: string, allowed: readonly string[]): string | undefined => {
  const word = found.toLowerCase().slice(0, 80);
  const bound = word.length <= 3 ? 1 : word.length <= 8 ? 2 : 3;
  let best: string | undefined;
  let bestDistance = bound + 1;
  for (const candidate of allowed) {
    if (Math.abs(candidate.length - word.length) > bound) continue;
    const distance = editDistance(word, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
};
