import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerPace } from '../durations.ts';
import {
  type LocalWorld,
  type LocalWorldOptions,
  openServed,
  openWorldFile,
  worldFileName,
  worldSettings,
} from '../local.ts';
import { createWallClock } from '../wall-clock.ts';
import type { DockerSide, World } from '../world.ts';
import { LocalWorldError } from '../world-file.ts';
import { createBalancerPart } from './balancers.ts';
import { createEngine } from './engine.ts';
import { ensureMachineImage } from './image.ts';
import { shortHash, worldNames } from './names.ts';
import { choosePublicRange } from './networks.ts';
import { probeEngine } from './probe.ts';
import { createServicesPart, type ServicesOptions } from './services.ts';
import { createDockerMachines } from './sync.ts';
import type { Engine } from './types.ts';

export interface DockerWorldOptions extends LocalWorldOptions, ServicesOptions {
  /** Told what takes long: the image being built. */
  readonly progress: (text: string) => void;
  /** Default: the `docker` command. */
  readonly engine?: Engine;
}

/** As many as one /24 has addresses for, with load balancers and floating IPs beside them. */
const limits = { servers: 100, primaryIps: 200 };

/**
 * The world file as `openWorldFile` gives it, with containers behind its servers. Throws LocalWorldError where no engine
 * can be had, and builds the machine image where it is not there yet.
 */
export const openDockerWorldFile = async (options: DockerWorldOptions) => {
  const engine = options.engine ?? createEngine();
  const found = await probeEngine(engine);
  if (!found.ok) throw new LocalWorldError(found.because, found.next);
  const { progress, env } = options;
  const image = await ensureMachineImage({ engine, env, progress });
  await mkdir(options.directory, { recursive: true });
  const directory = await realpath(options.directory);
  const machines = createDockerMachines({
    engine,
    flags: { cgroup: found.cgroup, version: found.version, refused: image.refused },
    image: image.tag,
    directory,
    env,
    progress,
    services: createServicesPart(options.onRunning === undefined ? {} : { onRunning: options.onRunning }),
    balancers: createBalancerPart(),
  });
  const opened = await openWorldFile(join(directory, worldFileName), worldSettings(options), () => createWallClock(), {
    machines,
    pace: dockerPace,
    limits,
    wallRateLimit: true,
    onTrouble: (error) => progress(error.message),
    // Real machines live in real time.
    onSave: () => 0,
    prepare: async (world) => {
      world.state.docker = await sideOf(world, directory, engine);
    },
  });
  return { ...opened, engine, directory };
};

/**
 * The world's own place on the engine. A copy of the file in another directory gets a place of its own; a range that
 * somebody took is changed as long as no address of it was given out.
 */
const sideOf = async (world: World, directory: string, engine: Engine): Promise<DockerSide> => {
  const known = world.state.docker;
  const isCopy =
    known !== undefined && known.directory !== directory && existsSync(join(known.directory, worldFileName));
  if (known === undefined || isCopy) {
    const id = shortHash(directory);
    return { id, directory, range: await choosePublicRange(engine, id) };
  }
  const isUsed = world.primaryIps.size + world.loadBalancers.size + world.floatingIps.size > 0;
  if (isUsed || (await isThere(engine, worldNames(known.id).publicNetwork))) return { ...known, directory };
  return { ...known, directory, range: await choosePublicRange(engine, known.id) };
};
const isThere = async (engine: Engine, network: string): Promise<boolean> =>
  (await engine.attempt(['network', 'inspect', '--format', '{{.Id}}', network])).code === 0;

/** The world of `--local=docker`: its servers are containers of this host's engine. Throws LocalWorldError. */
export const openDockerWorld = async (options: DockerWorldOptions): Promise<LocalWorld> => {
  const file = join(options.directory, worldFileName);
  const served = await openServed(options.directory, file);
  if (served !== undefined) return served;
  const { store, emulator } = await openDockerWorldFile(options);
  return {
    fetch: store.fetch,
    clock: emulator.clock,
    token: emulator.token,
    endpoint: 'http://emulated.invalid/v1',
    description: `emulated cloud (docker), world ${file}`,
    machines: 'ssh',
    close: async () => undefined,
  };
};
