import { tokenize } from './lexer.ts';
import { HclError, type Token } from './tokens.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'template'; readonly parts: readonly Expression[] }
  /** `var.image`: the one kind of reference that is replaced while parsing. */
  | { readonly kind: 'variable'; readonly name: string; readonly at: Place }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  /** A bare word that is no value: a type such as `string` in a variable block. */
  | { readonly kind: 'word'; readonly text: string };
export interface Place {
  readonly line: number;
  readonly column: number;
}
export interface Attribute {
  readonly name: string;
  readonly expression: Expression;
  readonly at: Place;
}
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly at: Place;
}
export interface Body {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}

/** Throws HclError for anything outside the subset. */
export const parseHcl = (source: string): Body => {
  const stream = streamOf(tokenize(source));
  const body = parseBody(stream);
  const rest = stream.peek();
  if (rest.type !== 'end') throw new HclError(`unexpected ${show(rest)}`, rest);
  return body;
};

interface Stream {
  peek(ahead?: number): Token;
  take(): Token;
  takeSymbol(text: string): Token;
  isSymbol(text: string): boolean;
  skipNewlines(): void;
}

const streamOf = (tokens: readonly Token[]): Stream => {
  let at = 0;
  const end = tokens.at(-1) ?? { type: 'end', line: 1, column: 1 };
  const stream: Stream = {
    peek: (ahead = 0) => tokens[at + ahead] ?? end,
    take: () => {
      const token = tokens[at] ?? end;
      at += 1;
      return token;
    },
    isSymbol: (text) => {
      const token = stream.peek();
      return token.type === 'punctuation' && token.text === text;
    },
    takeSymbol: (text) => {
      const token = stream.take();
      if (token.type !== 'punctuation' || token.text !== text)
        throw new HclError(`expected "${text}", found ${show(token)}`, token);
      return token;
    },
    skipNewlines: () => {
      while (stream.peek().type === 'newline') at += 1;
    },
  };
  return stream;
};

const show = (token: Token): string => {
  if (token.type === 'identifier' || token.type === 'punctuation') return `"${token.text}"`;
  return token.type === 'end' ? 'the end of the file' : `a ${token.type}`;
};

const parseBody = (stream: Stream): Body => {
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (;;) {
    stream.skipNewlines();
    const token = stream.peek();
    if (token.type === 'end' || stream.isSymbol('}')) return { attributes, blocks };
    stream.take();
    // A quoted key is HCL1, which the agents still read: "fingerprint.denylist" = "…".
    const name = nameOf(token);
    if (stream.isSymbol('=')) {
      stream.take();
      if (attributes.some((one) => one.name === name))
        throw new HclError(`Attribute redefined; The argument "${name}" was already set`, token);
      attributes.push({ name, expression: parseExpression(stream), at: token });
      endOfLine(stream);
    } else blocks.push(parseBlock(stream, name, token));
  }
};

const nameOf = (token: Token): string => {
  if (token.type === 'identifier') return token.text;
  if (token.type === 'string') return plainText(token);
  throw new HclError(`expected an argument or a block, found ${show(token)}`, token);
};

const parseBlock = (stream: Stream, type: string, at: Place): Block => {
  const labels: string[] = [];
  for (let token = stream.peek(); !stream.isSymbol('{'); token = stream.peek()) {
    stream.take();
    if (token.type === 'identifier') labels.push(token.text);
    else if (token.type === 'string') labels.push(plainText(token));
    else throw new HclError(`expected a label or "{" after "${type}", found ${show(token)}`, token);
  }
  stream.takeSymbol('{');
  const body = parseBody(stream);
  stream.takeSymbol('}');
  return { type, labels, body, at };
};

const plainText = (token: Token & { type: 'string' }): string => {
  const [piece] = token.pieces;
  if (token.pieces.length !== 1 || piece === undefined || !('text' in piece))
    throw new HclError('Invalid string literal; template sequences are not allowed in a label or key', token);
  return piece.text;
};

const endOfLine = (stream: Stream): void => {
  const token = stream.peek();
  if (token.type === 'newline' || token.type === 'end' || stream.isSymbol('}')) return;
  throw new HclError(`operators and function calls are not understood by the emulated Nomad: ${show(token)}`, token);
};

const parseExpression = (stream: Stream): Expression => {
  const token = stream.take();
  switch (token.type) {
    case 'number':
      return { kind: 'literal', value: token.value };
    case 'string':
      return template(token);
    case 'identifier':
      return word(stream, token);
    case 'punctuation':
      if (token.text === '[') return list(stream);
      if (token.text === '{') return object(stream);
  }
  throw new HclError(`expected a value, found ${show(token)}`, token);
};

const word = (stream: Stream, token: Token & { type: 'identifier' }): Expression => {
  if (token.text === 'true' || token.text === 'false') return { kind: 'literal', value: token.text === 'true' };
  if (token.text === 'null') return { kind: 'literal', value: null };
  if (stream.isSymbol('(') && token.text !== 'list' && token.text !== 'map')
    throw new HclError(`function "${token.text}" is not understood by the emulated Nomad`, token);
  if (!stream.isSymbol('.')) return { kind: 'word', text: typeArguments(stream, token.text) };
  stream.take();
  const name = stream.take();
  if (token.text !== 'var' || name.type !== 'identifier')
    throw new HclError(`reference "${token.text}.…" is not understood by the emulated Nomad`, token);
  return { kind: 'variable', name: name.text, at: token };
};

/** `list(string)`: a type; its inside is of no use here. */
const typeArguments = (stream: Stream, text: string): string => {
  if (!stream.isSymbol('(')) return text;
  while (!stream.isSymbol(')')) stream.take();
  stream.take();
  return text;
};

/** `${var.x}` is replaced; `${attr.…}`, `${node.…}`, `${NOMAD_…}` and the like are left to the client, as jobspec2 does. */
const template = (token: Token & { type: 'string' }): Expression => {
  const parts = token.pieces.map((piece): Expression => {
    if ('text' in piece) return { kind: 'literal', value: piece.text };
    const inner = piece.interpolation.trim();
    const variable = /^var\.([A-Za-z_][A-Za-z0-9_-]*)$/.exec(inner)?.[1];
    if (variable !== undefined) return { kind: 'variable', name: variable, at: token };
    if (/^(?:attr|node|meta|device|env|NOMAD_)[\w.[\]"-]*$/.test(inner))
      return { kind: 'literal', value: `\${${piece.interpolation}}` };
    throw new HclError(`interpolation \${${inner}} is not understood by the emulated Nomad`, token);
  });
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'template', parts };
};

const list = (stream: Stream): Expression => {
  const items: Expression[] = [];
  for (;;) {
    stream.skipNewlines();
    if (stream.isSymbol(']')) break;
    items.push(parseExpression(stream));
    stream.skipNewlines();
    if (!stream.isSymbol(']')) stream.takeSymbol(',');
  }
  stream.takeSymbol(']');
  return { kind: 'list', items };
};

const object = (stream: Stream): Expression => {
  const entries: (readonly [string, Expression])[] = [];
  for (;;) {
    stream.skipNewlines();
    if (stream.isSymbol('}')) break;
    const key = stream.take();
    if (key.type !== 'identifier' && key.type !== 'string')
      throw new HclError(`expected a key, found ${show(key)}`, key);
    const name = key.type === 'identifier' ? key.text : plainText(key);
    stream.takeSymbol(stream.isSymbol(':') ? ':' : '=');
    entries.push([name, parseExpression(stream)]);
    if (stream.isSymbol(',')) stream.take();
  }
  stream.takeSymbol('}');
  return { kind: 'object', entries };
};
