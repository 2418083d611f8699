const hidden = '[redacted]';

/** A value that prints as `[redacted]` wherever it lands by accident: template strings, JSON, console.log, errors. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The one way to the value; grep for it to see every use. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return hidden;
  }
  toJSON(): string {
    return hidden;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden;
  }
}

/** Shortest piece of a secret that must never be printed; Hetzner's 429 text echoes the first half of a token. */
const pieceLength = 12;

/** Replaces every run of `pieceLength` or more characters that a secret shares with the text. */
export const redact = (text: string, secrets: readonly Secret[]): string => {
  let result = text;
  for (const secret of secrets) result = redactOne(result, secret.reveal());
  return result;
};

const redactOne = (text: string, secret: string): string => {
  if (secret.length < pieceLength) return secret.length >= 4 ? text.replaceAll(secret, hidden) : text;
  let out = '';
  let at = 0;
  while (at < text.length) {
    const length = sharedLength(text, at, secret);
    if (length === 0) {
      out += text[at];
      at += 1;
    } else {
      out += hidden;
      at += length;
    }
  }
  return out;
};

const sharedLength = (text: string, at: number, secret: string): number => {
  const from = secret.indexOf(text.slice(at, at + pieceLength));
  if (from < 0 || at + pieceLength > text.length) return 0;
  let length = pieceLength;
  while (at + length < text.length && from + length < secret.length && text[at + length] === secret[from + length])
    length += 1;
  return length;
};
