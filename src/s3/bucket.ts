import { StoreError } from '../domain/errors.ts';
import type { S3Connection } from './connect.ts';
import { serverText } from './place.ts';
import { tryVersions } from './try-versions.ts';

export interface BucketMade {
  readonly bucket: 'made' | 'there';
  /**
   * `none`: this store keeps no versions (R2). `left off`: with them it would not keep its conditions (older Ceph);
   * `untried`: that could not be found out. The state keeps its last twenty as documents of their own anyway.
   */
  readonly versioning: 'turned on' | 'on' | 'none' | 'left off' | 'untried';
}

export type Versioning = 'on' | 'off' | 'none' | 'no bucket';

/**
 * Makes the bucket where it is missing, turns versions on where conditions survive that, looks whether both came true.
 * Run twice, it changes nothing.
 */
export const makeBucket = async (connection: S3Connection): Promise<BucketMade> => {
  const before = await versioningOf(connection);
  const bucket = before === 'no bucket' || (before === 'none' && !(await exists(connection))) ? 'made' : 'there';
  if (bucket === 'made') await create(connection);
  if (before === 'on') return { bucket, versioning: 'on' };
  const trial = before === 'none' ? 'none' : await tryVersions(connection);
  if (trial === 'fail') return { bucket, versioning: 'left off' };
  if (trial !== 'hold') return { bucket, versioning: trial };
  if (!(await turnOnVersions(connection))) return { bucket, versioning: 'none' };
  const after = await versioningOf(connection);
  if (after === 'on') return { bucket, versioning: 'turned on' };
  throw new StoreError(
    `versioning of the bucket ${connection.place.bucket} was turned on, but is ${after}`,
    'refused',
    {
      done: [bucket === 'made' ? 'the bucket was made' : 'the bucket was there'],
      next: 'run it again: reconcile state init   (or turn versioning on with the tool of the provider)',
    },
  );
};

export const isNone = ({ status, code }: { status: number | undefined; code: string }): boolean =>
  status === 501 || status === 405 || code === 'NotImplemented';

/** What it does now; changes nothing. */
export const versioningOf = ({ ask, place }: S3Connection): Promise<Versioning> =>
  ask<Versioning>(
    { what: `ask whether the bucket ${place.bucket} keeps versions`, writes: false },
    async ({ client, sdk, options }) => {
      const command = new sdk.GetBucketVersioningCommand({ Bucket: place.bucket });
      return (await client.send(command, options)).Status === 'Enabled' ? 'on' : 'off';
    },
    (fault) =>
      fault.code === 'NoSuchBucket' || fault.status === 404 ? 'no bucket' : isNone(fault) ? 'none' : undefined,
  );

const exists = ({ ask, place }: S3Connection): Promise<boolean> =>
  ask<boolean>(
    { what: `look for the bucket ${place.bucket}`, writes: false },
    async ({ client, sdk, options }) => {
      await client.send(new sdk.HeadBucketCommand({ Bucket: place.bucket }), options);
      return true;
    },
    ({ status }) => (status === 404 ? false : undefined),
  );

/** The SDK names the region as its place. Somebody who made it in the meantime, and lets us in, is as good. */
const create = ({ ask, place }: S3Connection): Promise<true> =>
  ask<true>(
    { what: `make the bucket ${place.bucket} at ${serverText(place)}`, writes: true },
    async ({ client, sdk, options }) => {
      await client.send(new sdk.CreateBucketCommand({ Bucket: place.bucket }), options);
      return true;
    },
    ({ code }) => (code === 'BucketAlreadyOwnedByYou' ? true : undefined),
  );

/** False: the store has no such thing. */
export const turnOnVersions = ({ ask, place }: S3Connection): Promise<boolean> =>
  ask<boolean>(
    { what: `turn on versions in the bucket ${place.bucket}`, writes: true },
    async ({ client, sdk, options }) => {
      const input = { Bucket: place.bucket, VersioningConfiguration: { Status: 'Enabled' as const } };
      await client.send(new sdk.PutBucketVersioningCommand(input), options);
      return true;
    },
    (fault) => (isNone(fault) ? false : undefined),
  );
