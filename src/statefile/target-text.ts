import { targetOfName, targetWords } from '../domain/environment.ts';

/** The words a user types for an environment: `pr-7` → `pr 7`. */
export const targetText = (environment: string): string => {
  const target = targetOfName(environment);
  return target === undefined ? environment : targetWords(target);
};
