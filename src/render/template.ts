import Handlebars from 'handlebars';
import { Failure } from '../domain/errors.ts';
import { literal } from './embed.ts';

/** Gets the values written behind its name; a value that is not there never arrives. */
export type Helper = (...values: unknown[]) => string;

export interface TemplateInput {
  /** Path of the template, for messages. */
  readonly name: string;
  readonly source: string;
  readonly data: object;
  readonly helpers?: Readonly<Record<string, Helper>>;
}

/*
 * Compiled without HTML escaping, in an environment of its own. One helper besides Handlebars' blocks: `literal` writes
 * a value as HCL and JSON do; others are given by the caller.
 */
const engine = Handlebars.create();
const builtIn: Readonly<Record<string, Helper>> = { literal: (value) => literal(value) };
const blocks = ['if', 'unless', 'each', 'with'] as const;
const known = { if: true, unless: true, each: true, with: true, literal: true } as const;

/** Renders strictly: a variable that is not there is a Failure naming template, line and variable. */
export const renderTemplate = ({ name, source, data, helpers = {} }: TemplateInput): string => {
  try {
    return compiled(source, Object.keys(helpers))(bare(data), {
      helpers: { ...strictBlocks(name, source), ...strictHelpers(name, source, { ...builtIn, ...helpers }) },
      allowProtoPropertiesByDefault: false,
      allowProtoMethodsByDefault: false,
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw explain(name, source, error);
  }
};

/** Each server renders the same templates: they are compiled once. Bounded, for whoever renders many texts once. */
const cache = new Map<string, Handlebars.TemplateDelegate>();
const cacheEntriesMax = 200;
const compiled = (source: string, helpers: readonly string[]): Handlebars.TemplateDelegate => {
  const key = `${helpers.join(' ')}\n${source}`;
  const found = cache.get(key);
  if (found !== undefined) return found;
  const template = engine.compile(source, {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: {
      ...known,
      ...Object.fromEntries(helpers.map((helper) => [helper, true])),
      lookup: false,
      log: false,
    },
  });
  if (cache.size >= cacheEntriesMax) cache.clear();
  cache.set(key, template);
  return template;
};

interface CallOptions {
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } };
}

/** Handlebars' strict mode does not look at the arguments of helpers, so each helper is wrapped in a look. */
const strictHelpers = (name: string, source: string, helpers: Readonly<Record<string, Helper>>) =>
  Object.fromEntries(
    Object.entries(helpers).map(([key, helper]) => [
      key,
      (...given: unknown[]): string => {
        const values = given.slice(0, -1);
        if (values.includes(undefined)) throw missingArgument(name, source, given.at(-1) as CallOptions);
        return helper(...values);
      },
    ]),
  );

const strictBlocks = (name: string, source: string) =>
  Object.fromEntries(
    blocks.map((key) => {
      const original = engine.helpers[key];
      function strict(this: unknown, value: unknown, options: CallOptions): unknown {
        if (value === undefined) throw missingArgument(name, source, options);
        return original?.call(this, value, options);
      }
      return [key, strict];
    }),
  );

/** The text of the call tells the variable's name: `missing` of `{{#if missing}}`. */
const missingArgument = (name: string, source: string, { loc }: CallOptions): Failure => {
  const { line, column } = loc?.start ?? { line: 1, column: 0 };
  const call = (source.split('\n')[line - 1] ?? '').slice(column);
  const written = /^\{\{[~#^]*\s*[\w-]+\s+([^}~]*)/.exec(call)?.[1]?.trim() ?? '';
  return new Failure(`${name}:${line}: there is no variable "${written}"`);
};

/** Copies of objects without a prototype: `{{constructor}}` is then as undefined as any other name. */
const bare = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const copy: object = Object.create(null, {
    // Handlebars prints the object into its message.
    toString: { value: () => `{${Object.keys(value).join(', ')}}` },
  });
  for (const [key, entry] of Object.entries(value))
    if (entry !== undefined) Object.assign(copy, { [key]: bare(entry) });
  return copy;
};

const explain = (name: string, source: string, error: unknown): Failure => {
  const message = error instanceof Error ? error.message : String(error);
  const missing = /^"(.+?)" not defined in (.*) - (\d+):\d+$/s.exec(message);
  if (missing !== null)
    return new Failure(`${name}:${missing[3]}: there is no variable "${missing[1]}"`, {
      // Of a value that is not there itself Handlebars says "undefined", in place of what it holds.
      ...(missing[2] !== 'undefined' && { next: `use one of ${missing[2]}` }),
      cause: error,
    });
  const scalar = /^Cannot use 'in' operator to search for '(.+?)' in /.exec(message);
  if (scalar !== null)
    return new Failure(`${name}: there is no variable "${scalar[1]}" in a plain value`, { cause: error });
  const helper = /knownHelpersOnly, but used the unknown helper (\S+) - (\d+):/.exec(message);
  if (helper !== null) return new Failure(`${name}:${helper[2]}: there is no helper "${helper[1]}"`, { cause: error });
  const line = /line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+/.exec(message)?.[1] ?? '1';
  // The parser draws the place over three lines before it says what it expected.
  const [first = '', ...more] = message.split('\n');
  const said = /^Parse error on line \d+:$/.test(first) ? `this can't be parsed: ${more.at(-1) ?? ''}` : first;
  return new Failure(`${name}:${Math.min(Number(line), source.split('\n').length)}: ${said}`, { cause: error });
};
