/*
 * GitHub's expressions, as far as our workflows use them (docs.github.com: "Evaluate expressions in workflows and
 * actions"). What is not known here throws: a test that guesses proves nothing.
 */

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
/** `github`, `steps`, `vars` … */
export type Contexts = { readonly [name: string]: Value };
/** How the job stands where the expression is: for `success()`, `failure()`, `always()`, `cancelled()`. */
export type Standing = 'success' | 'failure' | 'cancelled';

const tokenPattern =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][A-Za-z0-9_-]*)|(?<sign>&&|\|\||==|!=|[!()[\].,*]))/y;

interface Token {
  readonly kind: 'text' | 'number' | 'word' | 'sign' | 'end';
  readonly text: string;
}

const tokensOf = (source: string): Token[] => {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (source.slice(tokenPattern.lastIndex).trim() !== '') {
    const at = tokenPattern.lastIndex;
    const groups = tokenPattern.exec(source)?.groups;
    if (groups === undefined) throw new Error(`no expression: ${source.slice(at)}`);
    for (const kind of ['text', 'number', 'word', 'sign'] as const)
      if (groups[kind] !== undefined) tokens.push({ kind, text: groups[kind] });
  }
  return [...tokens, { kind: 'end', text: '' }];
};

/** The value of what stands between `${{` and `}}`. */
export const evaluate = (source: string, contexts: Contexts, standing: Standing = 'success'): Value => {
  const tokens = tokensOf(source);
  let at = 0;
  const isSign = (text: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.text === text;
  const take = (text: string): boolean => {
    if (!isSign(text)) return false;
    at += 1;
    return true;
  };
  const need = (text: string): void => {
    if (!take(text)) throw new Error(`${source}: wants ${text}, found ${tokens[at]?.text}`);
  };

  const or = (): Value => {
    let value = and();
    while (take('||')) {
      const right = and();
      value = truthy(value) ? value : right;
    }
    return value;
  };
  const and = (): Value => {
    let value = equality();
    while (take('&&')) {
      const right = equality();
      value = truthy(value) ? right : value;
    }
    return value;
  };
  const equality = (): Value => {
    let value = unary();
    for (;;) {
      if (take('==')) value = same(value, unary());
      else if (take('!=')) value = !same(value, unary());
      else return value;
    }
  };
  const unary = (): Value => (take('!') ? !truthy(unary()) : path());
  const path = (): Value => {
    let value = primary();
    for (;;) {
      if (take('.')) value = member(value, next());
      else if (take('[')) {
        value = member(value, text(or()));
        need(']');
      } else return value;
    }
  };
  const next = (): string => {
    const token = tokens[at];
    at += 1;
    if (token?.kind !== 'word') throw new Error(`${source}: wants a name, found ${token?.text}`);
    return token.text;
  };
  const primary = (): Value => {
    if (take('(')) {
      const value = or();
      need(')');
      return value;
    }
    const token = tokens[at] ?? { kind: 'end', text: '' };
    at += 1;
    if (token.kind === 'text') return token.text.slice(1, -1).replaceAll("''", "'");
    if (token.kind === 'number') return Number(token.text);
    if (token.kind !== 'word') throw new Error(`${source}: wants a value, found ${token.text}`);
    if (take('(')) return call(token.text, argumentsOf());
    const constants: Readonly<Record<string, Value>> = { true: true, false: false, null: null };
    if (token.text in constants) return constants[token.text] ?? null;
    if (!(token.text in contexts)) throw new Error(`${source}: no context ${token.text} here`);
    return contexts[token.text] ?? null;
  };
  const argumentsOf = (): Value[] => {
    const values: Value[] = [];
    while (!take(')')) {
      values.push(or());
      if (!isSign(')')) need(',');
    }
    return values;
  };
  const call = (name: string, [first = null, second = null]: readonly Value[]): Value => {
    switch (name) {
      case 'always':
        return true;
      case 'success':
      case 'failure':
      case 'cancelled':
        return standing === name;
      case 'contains':
        return Array.isArray(first)
          ? first.some((one: Value) => same(one, second))
          : text(first).toLowerCase().includes(text(second).toLowerCase());
      case 'startsWith':
        return text(first).toLowerCase().startsWith(text(second).toLowerCase());
      case 'fromJSON':
        return JSON.parse(text(first)) as Value;
      default:
        throw new Error(`${source}: no function ${name} here`);
    }
  };

  const value = or();
  if (tokens[at]?.kind !== 'end') throw new Error(`${source}: ends before ${tokens[at]?.text}`);
  return value;
};

/** What is missing is null, at any depth. */
const member = (value: Value, key: string): Value => {
  if (Array.isArray(value)) return value[Number(key)] ?? null;
  if (typeof value !== 'object' || value === null) return null;
  return Object.hasOwn(value, key) ? ((value as Contexts)[key] ?? null) : null;
};

export const truthy = (value: Value): boolean => value !== null && value !== false && value !== 0 && value !== '';

export const text = (value: Value): string => {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** Texts are compared without regard to case; of two kinds, both are made numbers. */
const same = (left: Value, right: Value): boolean => {
  if (typeof left === 'string' && typeof right === 'string') return left.toLowerCase() === right.toLowerCase();
  if (typeof left === typeof right && left !== null && right !== null) return left === right;
  return numeric(left) === numeric(right);
};
const numeric = (value: Value): number => {
  if (value === null) return 0;
  if (typeof value === 'string') return value.trim() === '' ? 0 : Number(value);
  return typeof value === 'object' ? Number.NaN : Number(value);
};

/** A text with `${{ … }}` in it; one that is nothing but an expression keeps its kind. */
export const interpolate = (source: string, contexts: Contexts, standing?: Standing): Value => {
  const whole = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(source)?.[1];
  if (whole !== undefined) return evaluate(whole, contexts, standing);
  return source.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, inner: string) => text(evaluate(inner, contexts, standing)));
};

/** An `if`: with or without `${{ }}`, and with `success() &&` before it where it asks for no standing itself. */
export const isWanted = (condition: string | undefined, contexts: Contexts, standing: Standing): boolean => {
  if (condition === undefined) return standing === 'success';
  const bare = condition.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
  if (!/\b(?:always|success|failure|cancelled)\(\)/.test(bare) && standing !== 'success') return false;
  return truthy(evaluate(bare, contexts, standing));
};
