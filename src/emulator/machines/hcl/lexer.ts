import { HclError, type Piece, type Token } from './tokens.ts';

/*
 * Tokens of the part of HCL2 that our files use (hashicorp/hcl, hclsyntax/spec.md): identifiers, numbers, quoted
 * strings and heredocs with `${…}`, punctuation, comments. Template directives `%{…}` are refused.
 */
export const tokenize = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  const cursor = { source, at: 0, line: 1, lineStart: 0 };
  for (let token = next(cursor); ; token = next(cursor)) {
    tokens.push(token);
    if (token.type === 'end') return tokens;
  }
};

interface Cursor {
  readonly source: string;
  at: number;
  line: number;
  lineStart: number;
}
const place = (cursor: Cursor) => ({ line: cursor.line, column: cursor.at - cursor.lineStart + 1 });

const blanks = /(?:[ \t\r]|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const word = /[A-Za-z_][A-Za-z0-9_-]*/y;
const numeral = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const heredocStart = /<<(-?)([A-Za-z_][A-Za-z0-9_]*)\r?\n/y;
const symbols = new Set('{}[]()=,:.'.split(''));

const matchAt = (cursor: Cursor, pattern: RegExp): RegExpExecArray | null => {
  pattern.lastIndex = cursor.at;
  return pattern.exec(cursor.source);
};
const advance = (cursor: Cursor, length: number): void => {
  for (let left = length; left > 0; left -= 1) {
    if (cursor.source[cursor.at] === '\n') {
      cursor.line += 1;
      cursor.lineStart = cursor.at + 1;
    }
    cursor.at += 1;
  }
};

const next = (cursor: Cursor): Token => {
  advance(cursor, matchAt(cursor, blanks)?.[0].length ?? 0);
  const at = place(cursor);
  const character = cursor.source[cursor.at];
  if (character === undefined) return { type: 'end', ...at };
  if (character === '\n') {
    advance(cursor, 1);
    return { type: 'newline', ...at };
  }
  if (character === '"') return { type: 'string', pieces: quoted(cursor), ...at };
  const heredoc = matchAt(cursor, heredocStart);
  if (heredoc !== null) return { type: 'string', pieces: readHeredoc(cursor, heredoc), ...at };
  const number = matchAt(cursor, numeral);
  if (number !== null) {
    advance(cursor, number[0].length);
    return { type: 'number', value: Number(number[0]), ...at };
  }
  const identifier = matchAt(cursor, word);
  if (identifier !== null) {
    advance(cursor, identifier[0].length);
    return { type: 'identifier', text: identifier[0], ...at };
  }
  if (!symbols.has(character)) throw new HclError(`"${character}" is not understood by the emulated Nomad`, at);
  advance(cursor, 1);
  return { type: 'punctuation', text: character, ...at };
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** From the opening quote to behind the closing one. */
const quoted = (cursor: Cursor): readonly Piece[] => {
  const at = place(cursor);
  let end = cursor.at + 1;
  while (cursor.source[end] !== '"') {
    const character = cursor.source[end];
    if (character === undefined || character === '\n') throw new HclError('Unterminated string', at);
    if (cursor.source.startsWith('${', end) && cursor.source[end - 1] !== '$')
      end = interpolationEnd(cursor.source, end + 2, at) + 1;
    else end += character === '\\' ? 2 : 1;
  }
  const raw = cursor.source.slice(cursor.at + 1, end);
  advance(cursor, end + 1 - cursor.at);
  return pieces(raw, at, true);
};

/** Index of the `}` that closes an interpolation begun before `from`. */
const interpolationEnd = (source: string, from: number, at: { line: number; column: number }): number => {
  let depth = 1;
  for (let index = from; index < source.length; index += 1) {
    if (source[index] === '{') depth += 1;
    if (source[index] === '}') depth -= 1;
    if (depth === 0) return index;
  }
  throw new HclError('Unterminated ${ in a string', at);
};

const readHeredoc = (cursor: Cursor, start: RegExpExecArray): readonly Piece[] => {
  const at = place(cursor);
  const [opening, dash, marker = ''] = start;
  const bodyStart = cursor.at + opening.length;
  const closing = new RegExp(`^[ \\t]*${marker}[ \\t]*\\r?$`, 'm');
  const found = closing.exec(cursor.source.slice(bodyStart));
  if (found === null) throw new HclError(`Unterminated heredoc ${marker}`, at);
  const body = cursor.source.slice(bodyStart, bodyStart + found.index);
  advance(cursor, opening.length + found.index + found[0].length);
  return pieces(dash === '-' ? dedent(body) : body, at, false);
};

/** `<<-` takes the smallest indentation away from every line. */
const dedent = (body: string): string => {
  const indents = body.split('\n').filter((line) => line.trim() !== '');
  const smallest = Math.min(...indents.map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0));
  return Number.isFinite(smallest) ? body.replaceAll(new RegExp(`^[ \\t]{0,${smallest}}`, 'gm'), '') : body;
};

const pieces = (raw: string, at: { line: number; column: number }, escaped: boolean): readonly Piece[] => {
  const found: Piece[] = [];
  let text = '';
  for (let index = 0; index < raw.length; index += 1) {
    if (raw.startsWith('$${', index) || raw.startsWith('%%{', index)) {
      text += raw.slice(index + 1, index + 3);
      index += 2;
    } else if (raw.startsWith('%{', index)) {
      throw new HclError('template directives %{ } are not understood by the emulated Nomad', at);
    } else if (raw.startsWith('${', index)) {
      const end = interpolationEnd(raw, index + 2, at);
      if (text !== '') found.push({ text });
      text = '';
      found.push({ interpolation: raw.slice(index + 2, end) });
      index = end;
    } else if (escaped && raw[index] === '\\') {
      const letter = raw[index + 1] ?? '';
      const unicode = /^u[0-9a-fA-F]{4}/.exec(raw.slice(index + 1))?.[0];
      const value =
        unicode === undefined ? escapes[letter] : String.fromCharCode(Number.parseInt(unicode.slice(1), 16));
      if (value === undefined) throw new HclError(`Invalid escape sequence \\${letter}`, at);
      text += value;
      index += unicode?.length ?? 1;
    } else text += raw[index];
  }
  if (text !== '' || found.length === 0) found.push({ text });
  return found;
};
