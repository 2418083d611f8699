import { hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { loadProject, type ProjectConfig } from '../config/project.ts';
import { createHetznerCloud } from '../hetzner/cloud.ts';
import { systemClock } from '../local/clock.ts';
import { createDirectoryStore } from '../local/directory-store.ts';
import { systemRandom } from '../local/random.ts';
import { createRecoveryFiles } from '../local/recovery-files.ts';
import type { Check } from '../ports/state-access.ts';
import { examine } from './doctor.ts';
import { createLeases } from './lease.ts';
import { hetznerAccess, type OpenOptions, openLocal, readConfig } from './open.ts';
import { openStateSealer } from './sealing.ts';
import { openBucket, openStateStore } from './state-store.ts';

/** The parts of a workspace one by one: each may be what is missing. */
export const openDoctor = async (options: OpenOptions): Promise<readonly Check[]> => {
  const { env, configFile, onSecret, reporter } = options;
  const clock = systemClock;
  const random = systemRandom;
  const local = options.local === null ? undefined : await openLocal(options, options.local, undefined);
  const holder = { host: hostname(), pid: process.pid, user: userInfo().username };
  const storeOptions = { configFile, env, clock, random, onSecret };
  const storeOf = ({ state }: ProjectConfig) =>
    local === undefined ? openStateStore(state, storeOptions) : createDirectoryStore(local.directory);
  try {
    return await examine({
      emulated: local !== undefined,
      clock,
      random,
      config: async () => {
        const config = loadProject({ text: await readConfig(configFile), file: configFile, env });
        if (local === undefined) return config;
        const { previewState: _none, ...whole } = config;
        return whole;
      },
      cloud: async () => {
        const access = local?.access ?? hetznerAccess(env);
        onSecret(access.token);
        return createHetznerCloud({ ...access, random });
      },
      store: storeOf,
      versioning: async ({ state }) =>
        state?.backend === 's3' ? openBucket(state, storeOptions).versioning() : 'none',
      sealer: ({ state }) => openStateSealer(local === undefined ? state : undefined, options),
      leases: (store) => createLeases({ store, clock, random, holder, reporter }),
      recovery: createRecoveryFiles(local?.directory ?? dirname(resolve(configFile))),
    });
  } finally {
    await local?.access.close?.();
  }
};
