import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { Entry } from '../ports/entry.ts';
import { type ClusterDeps, recoveryOf } from './deps.ts';
import { makeClusterKeys } from './keys/cluster-keys.ts';
import { keysReadBack, readBackPaths } from './read-back.ts';
import { recoverCertificates } from './recover-certificates.ts';
import { recoverControl } from './recover-control.ts';
import { notAdmitted, type RecoverEffect, type Recovering } from './recovering.ts';

/**
 * Every copy of the keys is gone, and the servers run. A human's key lets us in; what lies on the servers is read back,
 * the rest is made anew and is in the key ring before anything relies on it. Level-triggered: `recovery` in the keys says
 * that this has not ended, and each run looks again at what is done. Neither Raft data nor containers are touched.
 */
export const recoverAccess = async (deps: ClusterDeps, effect: RecoverEffect, waiting: Waiting): Promise<void> => {
  const recovery = recoveryOf(deps);
  const { servers, resource: cluster } = effect;
  const given: Recovering = { deps, recovery, cluster, servers, waiting };
  await enter(given, effect.identity);
  waiting.signal.throwIfAborted();
  await recoverControl(given);
  await recoverCertificates(given);
  await deps.keyRing.update(({ recovery: _ended, ...keys }) => keys);
};

/** Ends with our own new key in every server's authorized_keys. A run that only goes on needs no human for it. */
const enter = async (given: Recovering, identity: string | null): Promise<void> => {
  const { deps, recovery, servers, waiting } = given;
  const locked = deps.keyRing.current() === null ? servers : await notAdmitted(deps, servers);
  if (locked.length === 0) return;
  const entry = await recovery.enter(identity);
  try {
    waiting.progress('reading back what lies on the servers');
    const keys = deps.keyRing.current() ?? (await recovery.begin(() => newKeys(given, entry)));
    for (const server of locked) {
      waiting.signal.throwIfAborted();
      waiting.progress(`letting our new SSH key in on ${server.name}`);
      await entry.admit(server, server.hostKey, keys.ssh.publicKey);
    }
  } finally {
    await entry.close();
  }
  const [still] = await notAdmitted(deps, servers);
  if (still !== undefined) throw new Failure(`${still.name} does not let our new SSH key in`);
};

const newKeys = async ({ deps, servers }: Recovering, entry: Entry): Promise<ClusterKeys> => {
  const { clock, random, environment: name } = deps;
  const found = await Promise.all(
    servers.map(async (server) => ({
      server: server.name,
      files: await entry.readFiles(server, server.hostKey, readBackPaths),
    })),
  );
  const known = keysReadBack(found);
  const made = await makeClusterKeys({ name, random, clock });
  return {
    ...made,
    gossip: known.gossip,
    consul: { ...made.consul, ...known.consul },
    hosts: Object.fromEntries(servers.map((server) => [server.name, { pinned: server.hostKey }])),
    recovery: { since: isoNow(clock), formerCa: known.formerCa },
  };
};
