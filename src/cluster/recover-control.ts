import { AccessControlError } from '../domain/errors.ts';
import type { Connection } from './ask.ts';
import { askAny, isAt, keysOf, type Recovering } from './recovering.ts';
import { type Probed, waitFor } from './wait.ts';

const controlMs = 120_000;

/** Where each system looks, on its leader, for leave to take another management token; and whose file that is. */
const resetFiles = {
  Consul: { path: '/var/lib/consul/acl-bootstrap-reset', owner: 'consul:consul' },
  Nomad: { path: '/var/lib/nomad/server/acl-bootstrap-reset', owner: 'root:root' },
} as const;

/**
 * Access control of both systems becomes ours, and the tokens whose secrets are lost are revoked. Agents, Nomad and the
 * ingress keep theirs, which were read back. Last, what only the cluster still knows of the jobs' secrets is taken back.
 */
export const recoverControl = async (given: Recovering): Promise<void> => {
  const { deps, recovery } = given;
  await takeOver(
    given,
    'Consul',
    ({ catalog }) => catalog.leader(),
    ({ catalogAccess: access }) => access.bootstrap(keysOf(given).consul.management),
  );
  const { consul } = keysOf(given);
  await askAny(given, async ({ catalogAccess: access }) => {
    await access.tokens(consul);
    await access.revokeFormer(consul);
  });
  await takeOver(
    given,
    'Nomad',
    ({ scheduler }) => scheduler.leader(),
    ({ schedulerAccess: access }) => access.bootstrap(keysOf(given).nomad.management),
  );
  const { nomad } = keysOf(given);
  const deployer = await askAny(given, async ({ schedulerAccess: access }) => {
    await access.revokeFormer(nomad);
    return access.deployer(nomad.deployer);
  });
  if (deployer.reveal() !== nomad.deployer?.reveal())
    await deps.keyRing.update((keys) => ({ ...keys, nomad: { ...keys.nomad, deployer } }));
  await recovery.takeBackSecrets((jobId) =>
    askAny(given, ({ scheduler }) => scheduler.readVariables(`nomad/jobs/${jobId}`)),
  );
};

/** Leadership may move between the look and the file: then the next look begins anew, at the new leader. */
const takeOver = (
  given: Recovering,
  system: 'Consul' | 'Nomad',
  leaderOf: (connection: Connection) => Promise<string | null>,
  bootstrap: (connection: Connection) => Promise<void>,
): Promise<void> => {
  const { deps, waiting } = given;
  return waitFor<void>({
    ...deps,
    ...waiting,
    deadlineMs: controlMs,
    describe: `${system} to take a new management token`,
    probe: async (): Promise<Probed<void>> => {
      const leader = await askAny(given, leaderOf);
      const server = given.servers.find((one) => isAt(one, leader));
      if (server === undefined) return { done: false, detail: `${system} has no leader among ${namesOf(given)}` };
      const connection = deps.connect(server, deps.machines);
      const index = await refusedWith(() => bootstrap(connection));
      if (index === undefined) return { done: true, value: undefined };
      waiting.progress(`resetting the access control of ${system} on ${server.name}, its leader`);
      await given.recovery.files.placeFile(server, { ...resetFiles[system], mode: '0600', content: String(index) });
      const again = await refusedWith(() => bootstrap(connection));
      // Consul takes its file away when it has read it, Nomad 1.9.7 does not.
      await given.recovery.files.removeFile(server, resetFiles[system].path);
      return again === undefined
        ? { done: true, value: undefined }
        : { done: false, detail: `${system} did not take the reset index ${index} on ${server.name}` };
    },
  });
};

/** The index that a leader wants to read in its file; undefined: the token is ours. */
const refusedWith = async (bootstrap: () => Promise<void>): Promise<number | undefined> => {
  try {
    await bootstrap();
    return undefined;
  } catch (error) {
    if (error instanceof AccessControlError && error.resetIndex !== undefined) return error.resetIndex;
    throw error;
  }
};

const namesOf = ({ servers }: Recovering): string => servers.map(({ name }) => name).join(', ');
