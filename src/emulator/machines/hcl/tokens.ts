/** One piece of a quoted string or heredoc: text as it stands, or the source between `${` and `}`. */
export type Piece = { readonly text: string } | { readonly interpolation: string };

export type Token = { readonly line: number; readonly column: number } & (
  | { readonly type: 'identifier'; readonly text: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'string'; readonly pieces: readonly Piece[] }
  | { readonly type: 'punctuation'; readonly text: string }
  | { readonly type: 'newline' | 'end' }
);

/** Says what isn't understood and where; becomes Nomad's 400. */
export class HclError extends Error {
  constructor(message: string, at: { readonly line: number; readonly column: number }) {
    super(`input.hcl:${at.line},${at.column}: ${message}`);
    this.name = 'HclError';
  }
}
