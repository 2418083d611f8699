import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { StoredObject } from '../ports/object-store.ts';
import type { S3Connection } from './connect.ts';
import type { Fault } from './fault.ts';
import { objectKey, placeText } from './place.ts';

/** ETags are kept without quotes and without the mark of a weak one. */
export const bare = (etag: string | undefined): string => (etag ?? '').replace(/^W\//, '').replaceAll('"', '');

const missing = ({ status, code }: Fault): boolean => status === 404 && code !== 'NoSuchBucket';
const none = Symbol('no such object');

export const getObject = async (
  connection: S3Connection,
  key: string,
  version?: string,
): Promise<StoredObject | undefined> => {
  const { place } = connection;
  const found = await connection.ask<StoredObject | typeof none>(
    { what: `read ${placeText(place)}/${key}`, writes: false },
    async ({ client, sdk, options }) => {
      const input = { Bucket: place.bucket, Key: objectKey(place, key) };
      const command = new sdk.GetObjectCommand(version === undefined ? input : { ...input, VersionId: version });
      const reply = await client.send(command, options);
      return { text: await wholeText(reply), etag: bare(reply.ETag) };
    },
    (fault) => (missing(fault) || (version !== undefined && isNoVersion(fault)) ? none : undefined),
  );
  return found === none ? undefined : found;
};

/** A delete marker is answered 405, an id that the store never gave 400. */
const isNoVersion = ({ status, code }: Fault): boolean =>
  status === 405 || (status === 400 && code === 'InvalidArgument') || code === 'NoSuchVersion';

const wholeText = async ({ Body, ContentLength }: GetObjectCommandOutput): Promise<string> => {
  const announced = ContentLength ?? 0;
  let bytes: Uint8Array;
  try {
    bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ECONNRESET') throw error;
    throw truncated(`its ${announced} bytes came only in part`);
  }
  if (ContentLength !== undefined && bytes.length !== ContentLength)
    throw truncated(`of its ${announced} bytes only ${bytes.length} came`);
  return Buffer.from(bytes).toString('utf8');
};

const truncated = (message: string): Error => Object.assign(new Error(message), { code: 'Truncated' });

/** The present ETag; undefined: there is no such object. */
export const headEtag = async (connection: S3Connection, key: string): Promise<string | undefined> => {
  const { place } = connection;
  const found = await connection.ask<string | typeof none>(
    { what: `look at ${placeText(place)}/${key}`, writes: false },
    async ({ client, sdk, options }) => {
      const input = { Bucket: place.bucket, Key: objectKey(place, key) };
      return bare((await client.send(new sdk.HeadObjectCommand(input), options)).ETag);
    },
    // A reply to HEAD has no body, so that no code tells a missing bucket: the write that led here met the bucket.
    (fault) => (fault.status === 404 ? none : undefined),
  );
  return found === none ? undefined : found;
};
