import type { Server } from '../../hetzner/wire/servers.ts';
import { factsOf } from '../server-machine.ts';
import type { ServerFacts, World } from '../world.ts';
import type { FoundContainer } from './types.ts';

/** Exit status of a container whose systemd asked its kernel for a reboot (SIGHUP to the first process of a namespace). */
const rebootStatus = 129;

/**
 * What a container says about its server, given when the row last booted: `dead` ended by itself, `rebooting` wants to be
 * started again by its own wish, `behind` has not been started for this boot yet.
 */
export const lifeOf = (
  found: Pick<FoundContainer, 'state' | 'startedAt' | 'exitCode'>,
  bootedAt: number,
): 'runs' | 'dead' | 'rebooting' | 'behind' => {
  if (found.startedAt < bootedAt) return 'behind';
  if (isUp(found)) return 'runs';
  if (found.state === 'created') return 'behind';
  return found.exitCode === rebootStatus ? 'rebooting' : 'dead';
};

/** A paused one stands still, but its power is on. */
export const isUp = ({ state }: Pick<FoundContainer, 'state'>): boolean => state === 'running' || state === 'paused';

/** The truth flows both ways: a container that ended by itself is a server that is off. */
export const markDead = (world: World, id: number, found: FoundContainer): void => {
  const server = world.servers.get(id);
  const facts = world.serverFacts.get(id);
  if (server === undefined || facts == null || facts.bootedAt === null) return;
  if (lifeOf(found, facts.bootedAt) === 'dead') halted(server, facts);
};
const halted = (server: Server, facts: ServerFacts): void => {
  if (server.status === 'running' || server.status === 'stopping') server.status = 'off';
  facts.bootedAt = null;
};

/** As a host that can't start a machine would: the server is off, and the action that was to boot it says why. */
export const failBoot = (world: World, server: Server, error: unknown): void => {
  halted(server, factsOf(world, server.id));
  const action = world.actions
    .all()
    .filter((one) => one.resources.some(({ type, id }) => type === 'server' && id === server.id))
    .sort((a, b) => b.id - a.id)[0];
  if (action === undefined || action.status === 'error') return;
  action.status = 'error';
  action.error = { code: 'server_error', message: messageOf(error) };
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
