import { readFile } from 'node:fs/promises';
import { noReply } from '../machines/replies.ts';
import type { CreateMachineModels } from '../machines/types.ts';
import type { World } from '../world.ts';
import { findContainers, runningThings } from './found.ts';
import { nameServersIn } from './inside.ts';
import { worldNames } from './names.ts';
import { ensureNetworks, publicSideOf, removeEverything, removeWires } from './networks.ts';
import { createServersPart } from './servers.ts';
import { readSupplies } from './services-supplies.ts';
import type { BalancerPart, FoundContainer, Part, WorldContext } from './types.ts';

export interface DockerMachinesOptions
  extends Pick<WorldContext, 'engine' | 'flags' | 'image' | 'directory' | 'env' | 'progress'> {
  readonly services: Part;
  readonly balancers: BalancerPart;
}

/** All that containers are made from: while it stays as it was, there is nothing to do. */
const wishOf = (world: World): string =>
  JSON.stringify([
    world.servers.all(),
    world.serverFacts.all(),
    world.networks.all(),
    world.firewalls.all(),
    world.loadBalancers.all(),
    world.certificates.all(),
    world.volumes.all(),
    world.primaryIps.all(),
  ]);
const isEmpty = (world: World): boolean =>
  world.servers.size === 0 && world.networks.size === 0 && world.loadBalancers.size === 0;

/** What must run: `server 1000001`, as `runningThings` answers it. */
const expected = (world: World): string[] => [
  ...world.servers.all().flatMap(({ id }) => (world.serverFacts.get(id)?.bootedAt == null ? [] : [`server ${id}`])),
  ...world.loadBalancers.all().map(({ id }) => `balancer ${id}`),
];

/** The name servers of the host; systemd-resolved's own is on the loopback, those behind it are in the second file. */
const hostNameServers = async (): Promise<string[]> => {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const found = nameServersIn(await readFile(file, 'utf8').catch(() => ''));
    if (found.length > 0) return found;
  }
  return [];
};

/**
 * Servers as containers. They are reached at their own addresses, by SSH; nothing goes through the gateway, and how
 * far their boot is they say themselves.
 */
export const createDockerMachines =
  (options: DockerMachinesOptions): CreateMachineModels =>
  ({ world, clock }) => {
    const { engine, balancers, services } = options;
    let servers: Part | undefined;
    let done: string | undefined;

    const contextOf = (found: readonly FoundContainer[]): WorldContext => {
      const side = world.state.docker;
      if (side === undefined) throw new Error('this world has no public range yet');
      const { flags, image, directory, env, progress } = options;
      const names = worldNames(side.id);
      const publicSide = publicSideOf(side.range);
      return {
        world,
        worldId: side.id,
        names,
        engine,
        flags,
        publicSide,
        image,
        directory,
        env,
        found,
        now: clock.now,
        progress,
      };
    };

    const syncAll = async (): Promise<void> => {
      const bare = contextOf([]);
      if (isEmpty(world)) return removeEverything(engine, bare.worldId);
      servers ??= createServersPart({ dns: await hostNameServers() });
      const context = contextOf(await findContainers(engine, bare.worldId));
      await ensureNetworks(context);
      const parts = await Promise.allSettled([servers, services, balancers].map((part) => part.sync(context)));
      const [wires] = await Promise.allSettled([removeWires(context)]);
      const failed = [...parts, wires].find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    };

    const wish = async (): Promise<string> => wishOf(world) + JSON.stringify(await readSupplies(options.directory));
    return {
      kind: 'docker',
      caller: () => (world.state.docker === undefined ? undefined : publicSideOf(world.state.docker.range).gateway),
      sync: async () => {
        if ((await wish()) === done) return;
        done = undefined;
        await syncAll();
        // Rows may have changed by it: what ended is off.
        done = await wish();
      },
      look: async (path) => {
        if (isEmpty(world) || !/^\/v1\/(servers|load_balancers)(\/|$)/.test(path)) return false;
        const context = contextOf([]);
        if (path.startsWith('/v1/load_balancers')) await balancers.look(context);
        const running = await runningThings(engine, context.worldId);
        const differs = expected(world).some((thing) => !running.has(thing));
        if (differs) done = undefined;
        return differs;
      },
      targetHealth: balancers.targetHealth,
      handle: async (name) => noReply(`${name} is a container: it is reached at its own address, by SSH`),
      boot: (name) => ({ stage: 'unreachable', detail: `${name} is a container: it says by SSH how far its boot is` }),
    };
  };
