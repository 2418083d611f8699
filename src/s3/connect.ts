import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { findKeys, type Variables } from './credentials.ts';
import { type Doing, explain } from './explain.ts';
import { type Fault, faultOf, passing } from './fault.ts';
import { type S3Library, s3Library } from './library.ts';
import { placeText, type S3Place } from './place.ts';

export interface S3Dependencies {
  readonly env: Variables;
  /** Waiting between tries, and what the store's own clock is held against. */
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that one request may take, its reply included. */
  readonly requestMs?: number;
}
export interface S3Connection {
  readonly place: S3Place;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * One request. `expected` turns a refusal that is an answer (404, 412) into a value; everything else is thrown as
   * StoreError. What only reads is tried up to three times, a write once: the SDK's own tries are off.
   */
  ask<T>(doing: Doing, work: (asking: Asking) => Promise<T>, expected?: (fault: Fault) => T | undefined): Promise<T>;
  skewMs(): number | undefined;
}
export interface Asking {
  readonly client: S3Client;
  readonly sdk: S3Library;
  readonly options: { readonly abortSignal: AbortSignal };
}

const requestMsDefault = 10_000;
const connectMs = 5_000;
const readTries = 3;
const firstWaitMs = 200;

export const connectS3 = (place: S3Place, deps: S3Dependencies): S3Connection => {
  const { clock, random, requestMs = requestMsDefault } = deps;
  let opened: Promise<Pick<Asking, 'client' | 'sdk'>> | undefined;
  let skewMs: number | undefined;
  const open = async () => {
    // Before the SDK is loaded: who forgot to set the keys learns it at once.
    const keys = findKeys(deps.env, placeText(place));
    const sdk = await s3Library();
    const client = createClient(sdk, place, keys, deps.env['AWS_PROFILE']);
    measureSkew(client, clock, (measured) => {
      skewMs = measured;
    });
    return { client, sdk };
  };
  return {
    place,
    clock,
    random,
    skewMs: () => skewMs,
    async ask(doing, work, expected) {
      opened ??= open();
      const { client, sdk } = await opened;
      const tries = doing.writes ? 1 : readTries;
      for (let attempt = 1; ; attempt += 1) {
        try {
          // Real time, as the network is: a virtual clock can't see a request.
          return await work({ client, sdk, options: { abortSignal: AbortSignal.timeout(requestMs) } });
        } catch (error) {
          const fault = faultOf(error);
          const value = expected?.(fault);
          if (value !== undefined) return value;
          if (attempt >= tries || !passing(fault))
            throw explain(fault, { doing, place, tries: attempt, seconds: requestMs / 1000, skewMs });
        }
        await clock.sleep(firstWaitMs * 2 ** (attempt - 1) * (0.5 + random.fraction()));
      }
    },
  };
};

const createClient = (
  sdk: S3Library,
  { endpoint, region, pathStyle }: S3Place,
  keys: ReturnType<typeof findKeys>,
  profile: string | undefined,
): S3Client =>
  new sdk.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    ...(keys !== null && {
      credentials: {
        accessKeyId: keys.accessKeyId,
        secretAccessKey: keys.secretAccessKey.reveal(),
        ...(keys.sessionToken && { sessionToken: keys.sessionToken.reveal() }),
      },
    }),
    ...(keys === null && profile !== undefined && profile !== '' && { profile }),
    maxAttempts: 1,
    // Hetzner's and other stores answer 400 to the checksums that the SDK adds by default since 2025 (OpenTofu #2605).
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectMs },
    logger: silent,
  });

/** The SDK warns on the terminal about matters that are no concern of whoever runs this. */
const nothing = (): void => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A Date header is cut to whole seconds, so half a second is added; the middle of the request is what it is held against. */
const measureSkew = (client: S3Client, clock: Clock, measured: (skewMs: number) => void): void => {
  client.middlewareStack.add(
    (next) => async (args) => {
      const sent = clock.now();
      const result = await next(args);
      const { headers } = (result.response ?? {}) as { headers?: Record<string, string> };
      const date = Date.parse(headers?.['date'] ?? '');
      if (!Number.isNaN(date)) measured(date + 500 - (sent + clock.now()) / 2);
      return result;
    },
    // The innermost of all: it sees refusals before they become errors.
    { step: 'deserialize', priority: 'low', name: 'measureSkew' },
  );
};
