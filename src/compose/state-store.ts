import { dirname, resolve } from 'node:path';
import type { StateConfig } from '../config/project.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { createDirectoryStore } from '../local/directory-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { createS3Store, type S3Store } from '../s3/store.ts';

export interface StateStoreOptions {
  /** A directory is relative to it. */
  readonly configFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onSecret?: (secret: Secret) => void;
}

/** Where infra.yaml keeps the state; nothing is asked yet. Throws Failure where it does not say: no silent default. */
export const openStateStore = (state: StateConfig | undefined, options: StateStoreOptions): ObjectStore => {
  const { configFile } = options;
  if (state === undefined)
    throw new Failure(`${configFile} says nothing about where the state is kept`, {
      next: [
        'write, for one machine:',
        '  state:',
        '    backend: local',
        '    directory: state/files',
        'or, for a team and its pipelines, and then run: reconcile state init',
        '  state:',
        '    backend: s3',
        '    s3: { endpoint: https://fsn1.your-objectstorage.com, region: fsn1, bucket: NAME }',
        'or add --local to use the emulated cloud',
      ].join('\n'),
    });
  if (state.backend === 's3') return openBucket(state, options);
  return createDirectoryStore(resolve(dirname(configFile), state.directory ?? 'state/files'));
};

/** The bucket of `state.s3`, also while `backend` is still local: `state init` and `state migrate` need it before. */
export const openBucket = (
  { s3 }: StateConfig,
  { configFile, env, clock, random, onSecret }: StateStoreOptions,
): S3Store => {
  if (s3 === undefined)
    throw new Failure(`${configFile} names no bucket`, {
      next: 'write:\n  state:\n    s3: { endpoint: https://fsn1.your-objectstorage.com, region: fsn1, bucket: NAME }',
    });
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') onSecret?.(new Secret(value));
  }
  return createS3Store(s3, { env, clock, random });
};
