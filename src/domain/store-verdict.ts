/** What a store was found to honour when it was tried out. Remembered in the state: trying costs seven requests. */
export interface StoreVerdict {
  /** `s3://bucket/prefix` at its endpoint: another place is tried anew. */
  readonly place: string;
  /** A second `If-None-Match: *` write was refused. */
  readonly createIfAbsent: boolean;
  /** An `If-Match` write with an old ETag was refused, one with the present ETag accepted. */
  readonly replaceIfMatch: boolean;
  /** The spelling of an ETag that was accepted: Hetzner's store refuses quoted ones, others unquoted ones. */
  readonly etags: 'unquoted' | 'quoted';
  /** ISO 8601. */
  readonly triedAt: string;
}
