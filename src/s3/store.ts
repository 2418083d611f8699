import { Failure } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { type BucketMade, makeBucket, type Versioning, versioningOf } from './bucket.ts';
import { connectS3, type S3Connection, type S3Dependencies } from './connect.ts';
import { listKeys, listVersions } from './listing.ts';
import { objectKey, placeText, type S3Place, serverText } from './place.ts';
import { putIfAbsent, putIfMatch, type Spellings } from './put.ts';
import { getObject } from './read.ts';

export interface S3Store extends ObjectStore {
  /** For `state init`. */
  makeBucket(): Promise<BucketMade>;
  /** For `doctor`. */
  versioning(): Promise<Versioning>;
}

/** Documents as objects of a bucket. Nothing is asked, and no SDK loaded, before the first call. */
export const createS3Store = (place: S3Place, deps: S3Dependencies): S3Store => {
  const connection = connectS3(place, deps);
  const spellings: Spellings = { known: undefined };
  return {
    place: placeText(place),
    shared: true,
    conditions: {
      place: `${placeText(place)} at ${serverText(place)}`,
      spelling: () => spellings.known,
      spell: (spelling) => {
        spellings.known = spelling;
      },
    },
    get: (key) => getObject(connection, checked(key)),
    putIfAbsent: (key, text) => putIfAbsent(connection, checked(key), text),
    putIfMatch: (key, text, etag) => putIfMatch(connection, spellings, checked(key), text, etag),
    delete: (key) => remove(connection, checked(key)),
    list: () => listKeys(connection),
    versions: (key) => listVersions(connection, checked(key)),
    getVersion: async (key, id) => (await getObject(connection, checked(key), id))?.text,
    skewMs: connection.skewMs,
    makeBucket: () => makeBucket(connection),
    versioning: () => versioningOf(connection),
  };
};

const checked = (key: string): string => {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(key)) throw new Failure(`"${key}" can't be the name of a stored document`);
  return key;
};

/** A missing object is deleted already. */
const remove = async ({ ask, place }: S3Connection, key: string): Promise<void> => {
  await ask<true>(
    { what: `delete ${placeText(place)}/${key}`, writes: true },
    async ({ client, sdk, options }) => {
      const input = { Bucket: place.bucket, Key: objectKey(place, key) };
      await client.send(new sdk.DeleteObjectCommand(input), options);
      return true;
    },
    ({ status, code }) => (status === 404 && code !== 'NoSuchBucket' ? true : undefined),
  );
};
