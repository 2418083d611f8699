import type { Body, Expression } from './parser.ts';
import { HclError } from './tokens.ts';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
export type Variables = ReadonlyMap<string, Value>;

export const evaluate = (expression: Expression, variables: Variables): Value => {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'word':
      return expression.text;
    case 'variable': {
      const value = variables.get(expression.name);
      if (value === undefined)
        throw new HclError(`Unsupported attribute; no variable "${expression.name}" is declared`, expression.at);
      return value;
    }
    case 'template':
      return expression.parts.map((part) => String(evaluate(part, variables))).join('');
    case 'list':
      return expression.items.map((item) => evaluate(item, variables));
    case 'object':
      return Object.fromEntries(expression.entries.map(([key, entry]) => [key, evaluate(entry, variables)]));
  }
};

/** Attributes of a body and its blocks as one object: how configuration files of agents are read. */
export const plain = (body: Body): Record<string, Value> => {
  const object: Record<string, Value> = {};
  for (const block of body.blocks) object[[block.type, ...block.labels].join('.')] = plain(block.body);
  for (const { name, expression } of body.attributes) object[name] = evaluate(expression, new Map());
  return object;
};

const fits = (type: string, value: Value): boolean => {
  if (type === 'string' || type === 'number' || type === 'bool')
    return typeof value === (type === 'bool' ? 'boolean' : type);
  return type === 'list' ? Array.isArray(value) : true;
};
/** HCL converts between a number or a bool and its text, in both directions. */
const convert = (type: string, value: Value): Value | undefined => {
  if (fits(type, value)) return value;
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
  if (type === 'number' && typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
    return Number(value);
  if (type === 'bool' && (value === 'true' || value === 'false')) return value === 'true';
  return undefined;
};

/** Values of the declared variables: the var-file's, else the default. Undeclared ones of the var-file are left out. */
export const declaredVariables = (file: Body, given: Variables): Variables => {
  const values = new Map<string, Value>();
  for (const block of file.blocks.filter((one) => one.type === 'variable')) {
    const name = block.labels[0] ?? '';
    const attribute = (wanted: string) => block.body.attributes.find((one) => one.name === wanted);
    const type =
      attribute('type') === undefined ? 'any' : String(evaluate(attribute('type')?.expression ?? none, new Map()));
    const fallback = attribute('default');
    const value = given.get(name) ?? (fallback === undefined ? undefined : evaluate(fallback.expression, new Map()));
    if (value === undefined)
      throw new HclError(`Unset variable "${name}"; A used variable must be set or have a default value`, block.at);
    const converted = convert(type, value);
    if (converted === undefined)
      throw new HclError(
        `Invalid value for variable; the value of "${name}" is not compatible with its type ${type}`,
        block.at,
      );
    values.set(name, converted);
  }
  return values;
};
const none: Expression = { kind: 'literal', value: null };
