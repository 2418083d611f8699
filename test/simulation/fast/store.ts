import { StoreError } from '../../../src/domain/errors.ts';
import type { ObjectStore, PutOutcome } from '../../../src/ports/object-store.ts';
import type { Way } from './way.ts';

interface Document {
  readonly text: string;
  readonly etag: string;
}

/** The bucket itself: documents with compare-and-swap, and every content they ever had. */
export interface Bucket {
  readonly documents: Map<string, Document>;
  readonly past: Map<string, string[]>;
  /** Until when nothing gets through. */
  awayUntil: number;
  put(key: string, text: string): string;
}

export const createBucket = (): Bucket => {
  let etags = 0;
  const documents = new Map<string, Document>();
  const past = new Map<string, string[]>();
  return {
    documents,
    past,
    awayUntil: 0,
    put(key, text) {
      etags += 1;
      documents.set(key, { text, etag: `"${etags}"` });
      const texts = past.get(key);
      if (texts === undefined) past.set(key, [text]);
      else texts.push(text);
      return `"${etags}"`;
    },
  };
};

export interface BucketWay {
  readonly bucket: Bucket;
  readonly way: Way;
  readonly now: () => number;
  /** Told before a write takes effect, or a delete (`after` undefined). */
  readonly writes: (key: string, before: string | undefined, after: string | undefined) => void;
  /** False, as a sabotage: states are written whoever wrote meanwhile. */
  readonly conditional: boolean;
  /** What the store's Date header tells; undefined: it tells nothing. */
  readonly skewMs: number | undefined;
}

export const storePlace = 's3://states/simulated';

/** One process's way to the bucket. */
export const storeThrough = ({ bucket, way, now, writes, conditional, skewMs }: BucketWay): ObjectStore => {
  const call = <T>(writing: boolean, arrive: () => T): Promise<T> =>
    way({
      to: 'store',
      writes: writing,
      away: () => now() < bucket.awayUntil,
      timeoutMs: 10_000,
      silence: () =>
        new StoreError(`no reply from ${storePlace}`, writing ? 'unknown' : 'unreachable', {
          next: 'run the same command again',
        }),
      arrive,
    });
  const put = (key: string, text: string): PutOutcome => {
    writes(key, bucket.documents.get(key)?.text, text);
    return { ok: true, etag: bucket.put(key, text) };
  };
  return {
    place: storePlace,
    shared: true,
    ...(skewMs === undefined ? {} : { skewMs: () => skewMs }),
    get: (key) => call(false, () => bucket.documents.get(key)),
    putIfAbsent: (key, text) =>
      call(true, () => (bucket.documents.has(key) ? { ok: false, because: 'exists' } : put(key, text))),
    putIfMatch: (key, text, etag) =>
      call(true, () => {
        const present = bucket.documents.get(key);
        if (present === undefined) return { ok: false, because: 'absent' };
        const mayWrite = present.etag === etag || !(conditional || key.includes('.lease.'));
        return mayWrite ? put(key, text) : { ok: false, because: 'moved' };
      }),
    delete: (key) =>
      call(true, () => {
        writes(key, bucket.documents.get(key)?.text, undefined);
        bucket.documents.delete(key);
      }),
    list: () => call(false, () => [...bucket.documents.keys()].sort()),
  };
};

/** A document that was cut off is no JSON any more. */
export const isWhole = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
