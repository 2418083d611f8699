import Handlebars from 'handlebars';
import { Failure } from '../domain/errors.ts';
import { literal } from './embed.ts';

export type Helper = (...values: unknown[]) => string;

export interface TemplateInput {
  /** Path of the template, for messages. */
  readonly name: string;
  readonly source: string;
  readonly data: object;
  readonly helpers?: Readonly<Record<string, Helper>>;
}

/*
 * Compiled without HTML escaping, in an environment of its own. Two helpers besides Handlebars' blocks: `literal` writes
 * a value as HCL and JSON do; others are given by the caller.
 */
const engine = Handlebars.create();
const builtIn: Readonly<Record<string, Helper>> = { literal: (value) => literal(value) };
const known = { if: true, unless: true, each: true, with: true, literal: true } as const;

/** Renders strictly: a variable that is not there is a Failure naming template, line and variable. */
export const renderTemplate = ({ name, source, data, helpers = {} }: TemplateInput): string => {
  const names = Object.fromEntries(Object.keys(helpers).map((helper) => [helper, true]));
  try {
    const template = engine.compile(source, {
      strict: true,
      noEscape: true,
      knownHelpersOnly: true,
      knownHelpers: { ...known, ...names, lookup: false, log: false },
    });
    return template(bare(data), {
      helpers: { ...builtIn, ...helpers },
      allowProtoPropertiesByDefault: false,
      allowProtoMethodsByDefault: false,
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw explain(name, source, error);
  }
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
      next: `use one of ${missing[2]}`,
      cause: error,
    });
  const helper = /knownHelpersOnly, but used the unknown helper (\S+) - (\d+):/.exec(message);
  if (helper !== null) return new Failure(`${name}:${helper[2]}: there is no helper "${helper[1]}"`, { cause: error });
  const line = /line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+/.exec(message)?.[1] ?? '1';
  return new Failure(`${name}:${Math.min(Number(line), source.split('\n').length)}: ${message.split('\n')[0]}`, {
    cause: error,
  });
};
