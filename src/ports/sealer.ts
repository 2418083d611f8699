/**
 * Turns the secrets of a document into text that only the recipients can read, and back. Documents name their
 * recipients, so that a change of infra.yaml is seen.
 */
export interface Sealer {
  /** age recipients, sorted; empty: secrets are written as they are. */
  readonly recipients: readonly string[];
  /** Armored. The same text for the same secrets as long as the process runs: a document does not change without need. */
  seal(text: string): Promise<string>;
  /**
   * `what`: `the secrets of production in s3://…`, for the message. Throws StateError, with the next command, when there
   * is no identity, when it is none of the recipients', or when the text is damaged.
   */
  open(sealed: string, recipients: readonly string[], what: string): Promise<string>;
}

/** For local stores without recipients: nothing is sealed, so nothing has to be opened. */
export interface SealedText {
  readonly recipients: readonly string[];
  /** Armored age. */
  readonly age: string;
}
