/*
 * Where a text stops being JSON. JSON.parse names the place in some of its messages and not in others, and differently
 * from one Node release to the next, so the place is found here.
 */
const space = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids raw control characters in strings (RFC 8259 §7).
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

class Stop extends Error {
  readonly at: number;
  constructor(at: number) {
    super();
    this.at = at;
  }
}

export interface TextPosition {
  /** UTF-8 bytes before the place. */
  readonly byte: number;
  /** Both 1-based. */
  readonly line: number;
  readonly column: number;
}

export const positionAt = (text: string, at: number): TextPosition => {
  const before = text.slice(0, at);
  const lines = before.split('\n');
  return { byte: Buffer.byteLength(before), line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
};

/** The first place that can't be JSON; undefined when the whole text is. */
export const jsonErrorPosition = (text: string): TextPosition | undefined => {
  try {
    const end = skip(text, value(text, skip(text, 0), 0));
    return end === text.length ? undefined : positionAt(text, end);
  } catch (error) {
    if (error instanceof Stop) return positionAt(text, error.at);
    throw error;
  }
};

const match = (pattern: RegExp, text: string, at: number): number | undefined => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
};
const skip = (text: string, at: number): number => match(space, text, at) ?? at;
const expected = (text: string, at: number, character: string): number => {
  if (text[at] !== character) throw new Stop(at);
  return at + 1;
};
const token = (pattern: RegExp, text: string, at: number): number => {
  const end = match(pattern, text, at);
  if (end === undefined) throw new Stop(at);
  return end;
};

/** Deeper than any document of ours, far from the end of the stack. */
const depthMax = 200;

const value = (text: string, at: number, depth: number): number => {
  if (depth > depthMax) throw new Stop(at);
  const first = text[at];
  if (first === '"') return token(string, text, at);
  if (first === '{')
    return members(text, at, '}', (from) => {
      const colon = skip(text, token(string, text, from));
      return value(text, skip(text, expected(text, colon, ':')), depth + 1);
    });
  if (first === '[') return members(text, at, ']', (from) => value(text, from, depth + 1));
  return token(scalar, text, at);
};

const members = (text: string, open: number, close: string, member: (at: number) => number): number => {
  let at = skip(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = skip(text, member(at));
    if (text[at] === close) return at + 1;
    at = skip(text, expected(text, at, ','));
  }
};
