import type { ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { isNone, turnOnVersions } from './bucket.ts';
import type { S3Connection } from './connect.ts';
import { placeText } from './place.ts';
import { putIfAbsent, putIfMatch } from './put.ts';

/** `hold`, `fail`: what the conditions do; `none`: the store has no versions; `untried`: no second bucket may be made. */
export type Trial = 'hold' | 'fail' | 'none' | 'untried';

/**
 * Whether the store keeps its conditions in a bucket that keeps versions. Older Ceph does not (seen with radosgw 16.2:
 * it then accepts every `If-None-Match: *` and refuses every `If-Match`; mended in 2025 by ceph/ceph#63348), and Hetzner's
 * store shows the manners of such a one. As versions can't be turned off again, a bucket made for this is tried, and removed.
 */
export const tryVersions = async (connection: S3Connection): Promise<Trial> => {
  const { place, random } = connection;
  const bucket = `${place.bucket.slice(0, 48).replace(/[.-]+$/, '')}-try-${random.hex(4)}`;
  const trial: S3Connection = { ...connection, place: { ...place, bucket, prefix: '' } };
  if (!(await mayCreate(trial))) return 'untried';
  let found: Trial;
  try {
    found = (await turnOnVersions(trial)) ? await tryConditions(trial) : 'none';
  } catch (error) {
    // Why it failed is what matters; the bucket has a name that says what it is.
    await remove(trial).catch(() => undefined);
    throw error;
  }
  await remove(trial);
  return found;
};

const key = 'try-out.txt';

const tryConditions = async (trial: S3Connection): Promise<Trial> => {
  const first = await putIfAbsent(trial, key, 'first');
  if (!first.ok || (await putIfAbsent(trial, key, 'second')).ok) return 'fail';
  const spellings = { known: undefined };
  const right = await putIfMatch(trial, spellings, key, 'with the present ETag', first.etag);
  if (!right.ok) return 'fail';
  return (await putIfMatch(trial, spellings, key, 'with an old ETag', first.etag)).ok ? 'fail' : 'hold';
};

const mayCreate = ({ ask, place }: S3Connection): Promise<boolean> =>
  ask<boolean>(
    { what: `make the bucket ${place.bucket} to try out versions`, writes: true },
    async ({ client, sdk, options }) => {
      await client.send(new sdk.CreateBucketCommand({ Bucket: place.bucket }), options);
      return true;
    },
    (fault) => (fault.status === 403 || fault.code === 'TooManyBuckets' || isNone(fault) ? false : undefined),
  );

/** Every version of its few objects, then the bucket. */
const remove = async ({ ask, place }: S3Connection): Promise<void> => {
  const { bucket: Bucket } = place;
  const doing = { what: `remove the bucket ${Bucket}, made to try out versions`, writes: true };
  const none: ListObjectVersionsCommandOutput = { $metadata: {} };
  const { Versions = [], DeleteMarkers = [] } = await ask(
    { what: `list ${placeText(place)}`, writes: false },
    ({ client, sdk, options }) => client.send(new sdk.ListObjectVersionsCommand({ Bucket }), options),
    (fault) => (isNone(fault) ? none : undefined),
  );
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
    await ask(doing, ({ client, sdk, options }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket, Key, ...(VersionId !== undefined && { VersionId }) }), options),
    );
  await ask(doing, ({ client, sdk, options }) => client.send(new sdk.DeleteBucketCommand({ Bucket }), options));
};
