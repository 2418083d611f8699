/** Whose secrets they are, for messages. */
export interface SealedAbout {
  /** Plural: `the secrets of production in s3://…`. */
  readonly what: string;
  /** As typed: `production`, `pr 7`. */
  readonly target: string;
}

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
   * Throws StateError, with the next command, when there is no identity, when it is none of the recipients', or when
   * the text is damaged.
   */
  open(sealed: string, recipients: readonly string[], about: SealedAbout): Promise<string>;
}

/** As it lies in documents. */
export interface SealedText {
  readonly recipients: readonly string[];
  /** Armored age. */
  readonly age: string;
}
