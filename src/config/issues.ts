import type { z } from 'zod';
import type { ConfigProblem } from '../domain/errors.ts';
import { type ConfigDocument, type Path, pathText } from './document.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** A value as an error message shows it: short, and never a whole subtree. */
export const show = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  // A private key that landed in the file must not land in a log as well.
  if (/AGE-SECRET-KEY-/i.test(text)) return 'an age identity';
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
};

const words: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  record: 'a mapping',
};
export const at = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined,
    root,
  );

/** Facts of a problem, before its place is known. */
interface Told {
  readonly path: Path;
  readonly key: boolean;
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly suggestion?: string;
}

/** Problems of a zod result, each at its line. `keysAt` names the keys allowed in a mapping, for "did you mean". */
export const problemsOf = (
  issues: readonly Issue[],
  document: ConfigDocument,
  keysAt: (path: Path) => readonly string[],
): ConfigProblem[] =>
  issues
    .flatMap((issue) => tell(issue, document.value, [], keysAt))
    .map(({ path, key, ...told }) => ({
      ...(key ? document.keyAt(path) : document.valueAt(path)),
      path: pathText(path),
      ...told,
    }));

/** Paths a zod result complains about: what has to be taken out before the rest can be judged. */
export const faultyPaths = (issues: readonly Issue[], root: unknown): Path[] =>
  issues.flatMap((issue) => tell(issue, root, [], () => []).map(({ path }) => path));

const tell = (issue: Issue, root: unknown, prefix: Path, keysAt: (path: Path) => readonly string[]): Told[] => {
  const path: Path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const value = at(root, path);
  const here = { path, key: false, ...(value === undefined ? {} : { found: show(value) }) };
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((name) => unknownKey([...path, name], name, keysAt(path)));
    case 'invalid_type':
      return [typeProblem(here, value, words[issue.expected] ?? issue.expected)];
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = typeof value === 'string' ? suggest(value, allowed) : undefined;
      const message = value === undefined ? 'this key is missing' : 'not one of the allowed values';
      return [{ ...here, message, allowed: allowed.join(', '), ...(near && { suggestion: near }) }];
    }
    case 'too_small':
    case 'too_big':
      return [{ ...here, ...bounds(issue) }];
    case 'invalid_format':
      return [
        {
          ...here,
          message: 'not in the right form',
          ...(issue.format === 'regex' && { allowed: String(issue.pattern) }),
        },
      ];
    case 'invalid_union': {
      // The branch that fits the value's type has the useful errors.
      const branch = issue.errors.find(
        (errors) => !errors.some((e) => e.code === 'invalid_type' && e.path.length === 0),
      );
      if (branch !== undefined) return branch.flatMap((inner) => tell(inner, root, path, keysAt));
      const expected = issue.errors.flatMap((errors) =>
        errors.map((e) => (e.code === 'invalid_type' ? e.expected : '')),
      );
      return [typeProblem(here, value, [...new Set(expected.map((word) => words[word] ?? word))].join(' or '))];
    }
    case 'invalid_key':
      return [{ ...here, key: true, found: show(path.at(-1)), message: 'no valid name for this key' }];
    case 'custom': {
      const params = (issue.params ?? {}) as { allowed?: string; suggestion?: string; key?: boolean };
      const { allowed, suggestion, key = false } = params;
      const found = key ? show(path.at(-1)) : here.found;
      return [
        {
          path,
          key,
          message: issue.message,
          ...(found && { found }),
          ...(allowed && { allowed }),
          ...(suggestion && { suggestion }),
        },
      ];
    }
    default:
      return [{ ...here, message: issue.message }];
  }
};

/** Keys that one may well look for in this place. */
const hints: Readonly<Record<string, string>> = {
  mirrors:
    'unknown key: one mirror now serves all downloads, as <mirror>/<product>/<version>/<file>: write artifacts: { mirror: https://… }',
  'environments.production.domain': 'unknown key: the domain of production stands at the top of the file',
  'environments.production.max': 'unknown key: only pr has a maximum',
  'environments.staging.max': 'unknown key: only pr has a maximum',
};

const unknownKey = (path: Path, name: string, allowed: readonly string[]): Told => {
  const near = suggest(name, allowed);
  return {
    path,
    key: true,
    message: hints[pathText(path)] ?? 'unknown key',
    found: show(name),
    ...(allowed.length > 0 && { allowed: allowed.join(', ') }),
    ...(near !== undefined && { suggestion: near }),
  };
};

const typeProblem = (here: Pick<Told, 'path' | 'key' | 'found'>, value: unknown, expected: string): Told => {
  if (value === undefined) return { ...here, message: 'this key is missing', allowed: expected };
  const needsQuotes = expected.startsWith('text') && (typeof value === 'number' || typeof value === 'boolean');
  return {
    ...here,
    message: `this should be ${expected}${needsQuotes ? ': write it in quotes' : ''}`,
    allowed: expected,
  };
};

const bounds = (issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): Pick<Told, 'message' | 'allowed'> => {
  const [word, limit] = issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum];
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
  return { message: issue.code === 'too_small' ? 'too small' : 'too large', allowed: `${word} ${limit}${unit}` };
};
