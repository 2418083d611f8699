import { editDistance } from '../domain/edit-distance.ts';

/** The candidate that was probably meant, if one is near: at most a third of its letters away, or a clear prefix. */
export const suggestion = (typed: string, candidates: readonly string[]): string | undefined => {
  const word = typed.toLowerCase();
  let best: { readonly candidate: string; readonly far: number } | undefined;
  for (const candidate of candidates) {
    const prefix = word.length >= 3 && candidate.startsWith(word);
    const far = prefix ? 0.5 : editDistance(word, candidate);
    const near = Math.max(1, Math.floor(candidate.length / 3));
    if (far <= near && (best === undefined || far < best.far)) best = { candidate, far };
  }
  return best?.candidate;
};
