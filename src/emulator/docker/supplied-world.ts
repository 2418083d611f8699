import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalWorld } from '../local.ts';
import { worldFileName } from '../local.ts';
import { readWorldFile } from '../world-file.ts';
import { createImageKeeper } from './app-images.ts';
import { publicSideOf } from './networks.ts';
import { type DockerWorldOptions, openDockerWorld } from './open.ts';
import { type EnvironmentWants, supplyWorld } from './services-supply.ts';

export interface SuppliedWorld extends LocalWorld {
  /** Sees to it that an environment's servers find what they will ask for. Throws LocalWorldError. */
  supply(wants: EnvironmentWants): ReturnType<typeof supplyWorld>;
}

/** The world of `--local=docker` with what its servers download and run. Closing waits for images being pushed. */
export const openSuppliedWorld = async (options: Omit<DockerWorldOptions, 'onRunning'>): Promise<SuppliedWorld> => {
  const keeper = createImageKeeper();
  const world = await openDockerWorld({ ...options, onRunning: keeper.begin });
  const directory = await realpath(options.directory);
  return {
    ...world,
    supply: async (wants) => {
      const range = (await readWorldFile(join(directory, worldFileName)))?.state.docker?.range;
      if (range === undefined) throw new Error(`the world in ${directory} has no public range`);
      const { services: host } = publicSideOf(range);
      return supplyWorld({ directory, host, env: options.env, say: options.progress }, wants);
    },
    close: async () => {
      await keeper.settled();
      await world.close();
    },
  };
};
