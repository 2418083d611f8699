import {
  CloudError,
  ConfigError,
  type ConfigProblem,
  type ExitCode,
  exitCodes,
  Failure,
  UsageError,
} from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import { printNext } from './change.ts';
import { clean, cleanText } from './clean.ts';
import type { Layout } from './layout.ts';
import { withPlace } from './next.ts';
import { paragraph } from './text.ts';

export const exitCodeOf = (error: unknown): ExitCode => (error instanceof Failure ? error.exitCode : exitCodes.failure);

/** What happened, what is known to have been done, what to do next; causes with `--verbose`. */
export const printError = (
  error: unknown,
  secrets: readonly Secret[],
  place: readonly string[],
  layout: Layout,
): string[] => {
  const { paint, width } = layout;
  const message = cleanText(messageOf(error), secrets);
  const [headline = '', ...lines] = `error: ${message}`.split('\n').flatMap((line) => paragraph(line, width, '', '  '));
  const printed = [paint('red', headline), ...lines];
  if (error instanceof ConfigError)
    printed.push(...clean(error.problems, secrets).flatMap((problem) => printProblem(problem, layout)));
  if (error instanceof Failure) {
    for (const done of error.done) printed.push(...paragraph(cleanText(done, secrets), width, '  done: ', '    '));
    if (error.next !== undefined)
      printed.push(...printNext(cleanText(withPlace(error.next, place), secrets), layout, '  '));
  }
  if (layout.verbose) printed.push(...printCauses(error, secrets, layout));
  else if (isUnexpected(error)) printed.push('  next: run it again with --verbose, and report what it prints');
  return printed;
};

/** Facts that help a report to Hetzner belong to the sentence; everything else unexpected is a fault of this program. */
const messageOf = (error: unknown): string => {
  if (error instanceof CloudError && error.correlationId !== undefined && !error.message.includes(error.correlationId))
    return `${error.message} (correlation id ${error.correlationId})`;
  if (error instanceof Failure) return error.message;
  return `unexpected: ${error instanceof Error ? error.message : String(error)}`;
};

const isUnexpected = (error: unknown): boolean => !(error instanceof Failure);

/** `infra.yaml:12:5  environments.production.servers.count`, then what is wrong, found, allowed, meant. */
const printProblem = (problem: ConfigProblem, { paint, width }: Layout): string[] => {
  const { file, line, column, path, message, found, allowed, suggestion } = problem;
  // An environment variable has no lines.
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return [
    '',
    `  ${paint('bold', place)}${path === '' ? '' : `  ${paint('cyan', path)}`}`,
    ...paragraph(message, width, '    '),
    ...(found === undefined ? [] : paragraph(`found: ${found}`, width, '    ', '      ')),
    ...(allowed === undefined ? [] : paragraph(`allowed: ${allowed}`, width, '    ', '      ')),
    ...(suggestion === undefined
      ? []
      : paragraph(`did you mean ${suggestion.replace(/\?$/, '')}?`, width, '    ', '      ')),
  ];
};

/** A chain of causes can be a ring; nobody reads more than this of it. */
const causesMax = 8;

const printCauses = (error: unknown, secrets: readonly Secret[], { paint, width }: Layout): string[] => {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < causesMax; depth += 1) {
    if (!(error instanceof UsageError) && current instanceof Error && current.stack !== undefined) {
      const frames = current.stack
        .split('\n')
        .filter((line) => line.trimStart().startsWith('at '))
        .slice(0, depth === 0 ? 4 : 2);
      lines.push(...frames.map((line) => paint('dim', `    ${cleanText(line.trim(), secrets)}`)));
    }
    current = current instanceof Error ? current.cause : undefined;
    if (current === undefined) break;
    const text = current instanceof Error ? `${current.name}: ${current.message}` : String(current);
    lines.push(...paragraph(cleanText(`caused by ${text}`, secrets), width, '  ', '    '));
  }
  return lines;
};

export interface ErrorDocument {
  readonly error: {
    readonly message: string;
    readonly exitCode: number;
    readonly next: string | null;
    readonly done?: readonly string[];
    readonly code?: string;
    readonly problems?: readonly ConfigProblem[];
  };
}

/** The same under `--json`. */
export const errorDocument = (error: unknown, place: readonly string[]): ErrorDocument => ({
  error: {
    message: messageOf(error),
    exitCode: exitCodeOf(error),
    next: error instanceof Failure && error.next !== undefined ? withPlace(error.next, place) : null,
    ...(error instanceof Failure && error.done.length > 0 ? { done: error.done } : {}),
    ...(error instanceof CloudError ? { code: error.code } : {}),
    ...(error instanceof ConfigError ? { problems: error.problems } : {}),
  },
});
