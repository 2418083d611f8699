/** Documents with compare-and-swap: a directory here, S3 later. Keys look like `production.json`. */
export interface StoredObject {
  readonly text: string;
  /** Opaque; only equality counts. */
  readonly etag: string;
}
export type PutOutcome =
  | { readonly ok: true; readonly etag: string }
  | { readonly ok: false; readonly because: 'exists' | 'moved' | 'absent' };

export interface ObjectStore {
  /** For messages: `state/local`, `s3://bucket/prefix`. */
  readonly place: string;
  get(key: string): Promise<StoredObject | undefined>;
  /** Writes only when the key does not exist. */
  putIfAbsent(key: string, text: string): Promise<PutOutcome>;
  /** Writes only when the key still has this etag. */
  putIfMatch(key: string, text: string, etag: string): Promise<PutOutcome>;
  delete(key: string): Promise<void>;
  list(): Promise<readonly string[]>;
  /** Adds a line to a log object; used for the journal. */
  append(key: string, line: string): Promise<void>;
}
