import type { ListObjectsV2CommandOutput, ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { StoreError } from '../domain/errors.ts';
import type { StoredVersion } from '../ports/object-store.ts';
import type { S3Connection } from './connect.ts';
import { objectKey, placeText } from './place.ts';

/** Pages of a thousand. A bucket that has more under this prefix is not ours alone. */
const pagesMax = 50;

/** The keys right under the prefix, sorted. */
export const listKeys = async (connection: S3Connection): Promise<readonly string[]> => {
  const { place } = connection;
  const prefix = objectKey(place, '');
  const what = `list ${placeText(place)}`;
  const keys: string[] = [];
  let token: string | undefined;
  for (let page = 1; page <= pagesMax; page += 1) {
    const reply: ListObjectsV2CommandOutput = await connection.ask(
      { what, writes: false },
      ({ client, sdk, options }) => {
        const input = { Bucket: place.bucket, Prefix: prefix, Delimiter: '/' };
        const command = new sdk.ListObjectsV2Command(
          token === undefined ? input : { ...input, ContinuationToken: token },
        );
        return client.send(command, options);
      },
    );
    for (const { Key = '' } of reply.Contents ?? []) {
      const key = Key.slice(prefix.length);
      if (Key.startsWith(prefix) && key !== '' && !key.includes('/')) keys.push(key);
    }
    token = reply.IsTruncated ? reply.NextContinuationToken : undefined;
    if (token === undefined) return keys.sort();
  }
  throw tooMany(what);
};

/** Earlier contents of a key, newest first; also of one that was deleted. A store that keeps none has none. */
export const listVersions = async (connection: S3Connection, key: string): Promise<readonly StoredVersion[]> => {
  const { place } = connection;
  const Key = objectKey(place, key);
  const what = `list the versions of ${placeText(place)}/${key}`;
  const found: StoredVersion[] = [];
  let after: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (let page = 1; page <= pagesMax; page += 1) {
    const reply = await connection.ask<ListObjectVersionsCommandOutput | typeof keepsNone>(
      { what, writes: false },
      ({ client, sdk, options }) =>
        client.send(new sdk.ListObjectVersionsCommand({ Bucket: place.bucket, Prefix: Key, ...after }), options),
      ({ status, code }) => (status === 501 || status === 405 || code === 'NotImplemented' ? keepsNone : undefined),
    );
    if (reply === keepsNone) return [];
    for (const version of reply.Versions ?? [])
      if (version.Key === Key && version.IsLatest !== true && version.VersionId !== undefined)
        found.push({ id: version.VersionId, at: (version.LastModified ?? new Date(0)).toISOString() });
    const { NextKeyMarker, NextVersionIdMarker } = reply;
    if (!reply.IsTruncated || NextKeyMarker === undefined || NextKeyMarker > Key) return found;
    after = { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }) };
  }
  throw tooMany(what);
};

const keepsNone = Symbol('no versions');

const tooMany = (what: string): StoreError =>
  new StoreError(`can't ${what}: the list does not end within ${pagesMax} pages`, 'refused', {
    next: 'give the state a prefix of its own: state.s3.prefix in infra.yaml',
  });
