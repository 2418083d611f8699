import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Move } from './moves.ts';

/** A story that once went wrong, shortened; told again with every `npm test`. */
export interface Regression {
  /** That found it; the moves alone are what is told again. */
  readonly seed: number;
  readonly because: string;
  readonly moves: readonly Move[];
}

const path = resolve(import.meta.dirname, '../regressions.json');

export const readRegressions = (): readonly Regression[] => JSON.parse(readFileSync(path, 'utf8'));

/** Returns where, for messages. One that is there already is not kept twice. */
export const keepRegression = (regression: Regression): string => {
  const known = readRegressions();
  const text = JSON.stringify(regression.moves);
  if (!known.some(({ moves }) => JSON.stringify(moves) === text))
    writeFileSync(path, `${JSON.stringify([...known, regression], null, 2)}\n`);
  return 'test/simulation/regressions.json';
};
