import type { StoreVerdict } from '../domain/store-verdict.ts';

/** Documents with compare-and-swap: a directory, a bucket. Keys look like `production.json`. */
export interface StoredObject {
  readonly text: string;
  /** Opaque; only equality counts. */
  readonly etag: string;
}
export type PutOutcome =
  | { readonly ok: true; readonly etag: string }
  | { readonly ok: false; readonly because: 'exists' | 'moved' | 'absent' };

/** An earlier content that the store itself has kept. */
export interface StoredVersion {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * Every method throws Failure (StoreError) when the store refuses or can't be reached. A write that threw may have been
 * carried out: its caller looks.
 */
export interface ObjectStore {
  /** For messages: `state/local`, `s3://bucket/prefix`. */
  readonly place: string;
  /** Several machines use it, so what lies there is read by whoever may read the bucket. */
  readonly shared: boolean;
  get(key: string): Promise<StoredObject | undefined>;
  /** Writes only when the key does not exist. */
  putIfAbsent(key: string, text: string): Promise<PutOutcome>;
  /** Writes only when the key still has this etag. */
  putIfMatch(key: string, text: string, etag: string): Promise<PutOutcome>;
  delete(key: string): Promise<void>;
  list(): Promise<readonly string[]>;
  /** What the store keeps of a key by itself, newest first, the present content left out. Absent: it keeps nothing. */
  versions?(key: string): Promise<readonly StoredVersion[]>;
  getVersion?(key: string, id: string): Promise<string | undefined>;
  /** Milliseconds that the store's clock is ahead of ours, from its last reply; undefined: it told none. */
  skewMs?(): number | undefined;
  /** Only stores that might not honour the conditions of `putIfAbsent` and `putIfMatch`, and so are tried out first. */
  readonly conditions?: StoreConditions;
}

export interface StoreConditions {
  /** `s3://bucket/prefix at https://…`: a verdict is about one such place. */
  readonly place: string;
  /** Undefined: not found out yet. */
  spelling(): StoreVerdict['etags'] | undefined;
  /** What a verdict remembers; spares the first write from finding out. */
  spell(spelling: StoreVerdict['etags']): void;
}
