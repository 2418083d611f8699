import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { StoreError } from '../domain/errors.ts';
import type { StoreVerdict } from '../domain/store-verdict.ts';
import type { PutOutcome } from '../ports/object-store.ts';
import type { S3Connection } from './connect.ts';
import type { Fault } from './fault.ts';
import { objectKey, placeText } from './place.ts';
import { bare, headEtag } from './read.ts';

export type Spelling = StoreVerdict['etags'];
/** How the store wants ETags in conditions; found out by the first write that needs it. */
export interface Spellings {
  known: Spelling | undefined;
}

const conflictTries = 5;
const conflictWaitMs = 100;

export const putIfAbsent = async (connection: S3Connection, key: string, text: string): Promise<PutOutcome> => {
  const outcome = await put(connection, key, text, { IfNoneMatch: '*' });
  return typeof outcome === 'string' ? { ok: false, because: 'exists' } : outcome;
};

/**
 * A 412 may mean that the object moved, or that the store wants the ETag spelled differently: Hetzner's refuses every
 * quoted one, others every bare one. The object's present ETag tells which, and only then is the other spelling tried.
 */
export const putIfMatch = async (
  connection: S3Connection,
  spellings: Spellings,
  key: string,
  text: string,
  etag: string,
): Promise<PutOutcome> => {
  const first = spellings.known ?? 'unquoted';
  for (const spelling of [first, other(first)]) {
    const outcome = await put(connection, key, text, { IfMatch: spelling === 'quoted' ? `"${etag}"` : etag });
    if (outcome === 'absent') return { ok: false, because: 'absent' };
    if (outcome !== 'refused') {
      spellings.known = spelling;
      return outcome;
    }
    const present = await headEtag(connection, key);
    if (present === undefined) return { ok: false, because: 'absent' };
    if (present !== etag) break;
  }
  return { ok: false, because: 'moved' };
};

const other = (spelling: Spelling): Spelling => (spelling === 'quoted' ? 'unquoted' : 'quoted');

type Answer = { readonly ok: true; readonly etag: string } | 'refused' | 'absent' | 'conflict';

/** Two writes at the same moment get 409 on AWS, which decides nothing: both may ask again. */
const put = async (
  connection: S3Connection,
  key: string,
  text: string,
  condition: Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'>,
): Promise<Exclude<Answer, 'conflict'>> => {
  const { place, clock, random } = connection;
  const what = `write ${placeText(place)}/${key}`;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await connection.ask<Answer>(
      { what, writes: true },
      async ({ client, sdk, options }) => {
        const input = { Bucket: place.bucket, Key: objectKey(place, key), ContentType: 'application/json' };
        const reply = await client.send(new sdk.PutObjectCommand({ ...input, Body: text, ...condition }), options);
        return { ok: true, etag: bare(reply.ETag) };
      },
      (fault) => answerOf(fault, condition.IfMatch !== undefined),
    );
    if (answer !== 'conflict') return answer;
    if (attempt >= conflictTries)
      throw new StoreError(`can't ${what}: others write it at the same moment, ${attempt} times in a row`, 'refused', {
        done: ['nothing was changed by this request'],
        next: 'run the same command again',
      });
    await clock.sleep(conflictWaitMs * 2 ** (attempt - 1) * (0.5 + random.fraction()));
  }
};

const answerOf = ({ status, code }: Fault, replaces: boolean): Answer | undefined => {
  // Old MinIO answers 304 to a refused If-None-Match.
  if (status === 412 || status === 304) return 'refused';
  if (status === 409 && (code === 'ConditionalRequestConflict' || code === 'OperationAborted')) return 'conflict';
  if (status === 404 && replaces && code !== 'NoSuchBucket') return 'absent';
  return undefined;
};
