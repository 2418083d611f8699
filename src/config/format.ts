import type { ConfigProblem } from '../domain/errors.ts';

/** Line 0 marks a problem that stands in no file: an environment variable. */
const placeOf = ({ file, line, column }: ConfigProblem): string => (line === 0 ? file : `${file}:${line}:${column}`);

const linesOf = (problem: ConfigProblem): string[] => {
  const lines = [`${placeOf(problem)}${problem.path === '' ? '' : `  ${problem.path}`}`, `  ${problem.message}`];
  if (problem.found !== undefined) lines.push(`  found: ${problem.found}`);
  if (problem.allowed !== undefined) lines.push(`  allowed: ${problem.allowed}`);
  if (problem.suggestion !== undefined) lines.push(`  did you mean ${problem.suggestion}?`);
  return lines;
};

/** All problems as a user reads them: place and key path, what is wrong, found, allowed, suggestion. */
export const formatProblems = (problems: readonly ConfigProblem[]): string =>
  problems.map((problem) => linesOf(problem).join('\n')).join('\n\n');
