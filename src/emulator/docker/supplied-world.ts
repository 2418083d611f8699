import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalWorld } from '../local.ts';
import { worldFileName } from '../local.ts';
import { readWorldFile } from '../world-file.ts';
import { createImageKeeper, type ImageKeeper } from './app-images.ts';
import { publicSideOf } from './networks.ts';
import { type DockerWorldOptions, openDockerWorld } from './open.ts';
import { readSupplies } from './services-supplies.ts';
import { type EnvironmentWants, supplyWorld } from './services-supply.ts';

export interface SuppliedWorld extends LocalWorld {
  /** Sees to it that an environment's servers find what they will ask for. Throws LocalWorldError. */
  supply(wants: EnvironmentWants): ReturnType<typeof supplyWorld>;
}

/**
 * After a request that may change something, containers are made as the world wants them, and the registry is told of its
 * images. There is no server of this number.
 */
const pushed = async (world: LocalWorld, keeper: ImageKeeper): Promise<void> => {
  const headers = { authorization: `Bearer ${world.token}` };
  await world.fetch(new Request(`${world.endpoint}/servers/0`, { method: 'DELETE', headers }));
  await keeper.settled();
};

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
      const before = (await readSupplies(directory)).images;
      const supplied = await supplyWorld({ directory, host, env: options.env, say: options.progress }, wants);
      // Where servers run already a deploy follows within a second: what it asks for has to be there.
      if (wants.images.some(({ image }) => !before.some((known) => known.image === image))) await pushed(world, keeper);
      return supplied;
    },
    close: async () => {
      await keeper.settled();
      await world.close();
    },
  };
};
