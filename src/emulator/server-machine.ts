import type { Server } from '../hetzner/wire/servers.ts';
import type { Kit } from './context.ts';
import type { ServerFacts, World } from './world.ts';

/** Facts of a server that exists; their absence is a bug of the emulator. */
export const factsOf = (world: World, id: number): ServerFacts => {
  const facts = world.serverFacts.get(id);
  if (facts === undefined) throw new Error(`server ${id} has no facts`);
  return facts;
};

/** It runs from now on. A rescue system that was waiting has its boot and is off again. */
export const boot = (kit: Kit, server: Server): void => {
  const facts = factsOf(kit.world, server.id);
  server.status = 'running';
  facts.bootedAt = kit.now();
  facts.shutdownAt = null;
  facts.firstBootAt ??= kit.now();
  server.rescue_enabled = false;
};
export const halt = (kit: Kit, server: Server): void => {
  server.status = 'off';
  factsOf(kit.world, server.id).bootedAt = null;
};
/** A fresh installation: cloud-init runs again on the next boot. */
export const reinstall = (kit: Kit, server: Server): void => {
  const facts = factsOf(kit.world, server.id);
  facts.diskId += 1;
  facts.firstBootAt = null;
  facts.bootedAt = null;
};
