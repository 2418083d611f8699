import { createHash } from 'node:crypto';

export interface S3Version {
  readonly id: string;
  readonly at: number;
  /** Without quotes. */
  readonly etag: string;
  readonly text: string;
  /** A delete marker. */
  readonly gone: boolean;
}
/** The bucket's contents; tests may look into it and put into it. */
export interface S3Objects {
  bucketExists: boolean;
  versioning: boolean;
  now(): number;
  keys(): readonly string[];
  /** The present one; undefined when there is none or it is deleted. */
  current(key: string): S3Version | undefined;
  text(key: string): string | undefined;
  /** Newest first, delete markers too. */
  versionsOf(key: string): readonly S3Version[];
  /** Of all keys that begin so: pairs, newest first within a key. */
  allVersions(prefix: string): readonly (readonly [key: string, version: S3Version, latest: boolean])[];
  put(key: string, text: string): S3Version;
  remove(key: string): void;
  removeVersion(key: string, id: string): void;
}

export const createS3Objects = (now: () => number): S3Objects => {
  const store = new Map<string, S3Version[]>();
  let counter = 0;
  const versionsOf = (key: string): readonly S3Version[] => store.get(key) ?? [];
  const add = (key: string, text: string, gone: boolean): S3Version => {
    const etag = createHash('md5').update(text).digest('hex');
    const id = objects.versioning ? `v${String(++counter).padStart(6, '0')}` : 'null';
    const version = { id, at: now(), etag, text, gone };
    store.set(key, [version, ...versionsOf(key).filter((one) => one.id !== 'null' || id !== 'null')]);
    return version;
  };
  const current = (key: string): S3Version | undefined => {
    const [latest] = versionsOf(key);
    return latest === undefined || latest.gone ? undefined : latest;
  };
  const objects: S3Objects = {
    bucketExists: false,
    versioning: false,
    now,
    keys: () => [...store.keys()].filter((key) => current(key) !== undefined).sort(),
    current,
    text: (key) => current(key)?.text,
    versionsOf,
    allVersions: (prefix) =>
      [...store.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .flatMap((key) => versionsOf(key).map((version, index) => [key, version, index === 0] as const)),
    put: (key, text) => add(key, text, false),
    remove: (key) => {
      if (objects.versioning) add(key, '', true);
      else store.delete(key);
    },
    removeVersion: (key, id) => {
      const left = versionsOf(key).filter((one) => one.id !== id);
      if (left.length > 0) store.set(key, left);
      else store.delete(key);
    },
  };
  return objects;
};
