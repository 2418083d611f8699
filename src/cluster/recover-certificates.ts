import { type ClusterKeys, trustedCas } from '../domain/cluster-keys.ts';
import type { RecoveredServer } from '../domain/plan.ts';
import type { DeliveredFile } from '../ports/machines.ts';
import { deliveredFiles, deliveredPaths } from './delivery.ts';
import { isIssuedBy, sameCertificate } from './keys/certificates.ts';
import { membership } from './membership.ts';
import { caPaths } from './read-back.ts';
import { missing } from './ready.ts';
import { askAny, isAt, keysOf, type Recovering } from './recovering.ts';
import { type Probed, waitFor } from './wait.ts';

/** Between two servers; with nothing restarted the cluster is whole all along. */
const steadyMs = 180_000;
/** Agents read their files again some moments after they were told to. */
const reloadMs = 2_000;

const certificatePath = `${deliveredPaths.consulTls}/server.pem`;

/**
 * Servers trust each other by one authority, and the key of that is lost. So all of them first trust both, then get one
 * certificate after another from the new one, and then trust it alone. Consul and Nomad take up all three by a reload
 * (consul/docs, tls; nomad/docs, tls): nothing restarts, and at no moment two members refuse each other.
 */
export const recoverCertificates = async (given: Recovering): Promise<void> => {
  const { servers, waiting } = given;
  const keys = keysOf(given);
  const held = await Promise.all(servers.map((server) => heldBy(given, server, keys)));
  if (held.some((one) => !one.trusts || !one.certified)) {
    await jwks(given, trustedCas(keys));
    await eachInTurn(given, 'trusts both authorities', async () => bundles(keys, given));
    await eachInTurn(given, 'has a certificate of the new one', (server) => certified(keys, given, server));
  }
  // Done in every run that ends: files that lie there may not have been read yet.
  await eachInTurn(given, 'trusts the new authority alone', (server) =>
    deliveredFiles(keys, identityOf(given, server), given.deps),
  );
  await waitFor<void>({
    ...given.deps,
    ...waiting,
    deadlineMs: steadyMs,
    describe: 'every server to show its new certificate',
    probe: () => allShown(given, keys),
  });
  await jwks(given, keys.ca.certificate);
};

const identityOf = ({ deps }: Recovering, { name, privateIp }: RecoveredServer) => ({
  name,
  privateIp,
  datacenter: deps.environment,
});

/** By its files; whether its agents have read them shows only when they speak. */
const heldBy = async ({ recovery }: Recovering, server: RecoveredServer, { ca }: ClusterKeys) => {
  const files = await recovery.files.readFiles(server, [...caPaths, certificatePath]);
  const text = (path: string): string => files[path]?.reveal() ?? '';
  return {
    trusts: caPaths.every((path) => sameCertificate(text(path), ca.certificate)),
    certified: isIssuedBy(text(certificatePath), ca.certificate),
  };
};

/** The moment stands before the certificates: so each delivery differs from the last, and is read. */
const bundle = (keys: ClusterKeys, { deps }: Recovering): string =>
  `# both authorities, ${new Date(deps.clock.now()).toISOString()}\n${trustedCas(keys)}`;

const bundles = (keys: ClusterKeys, given: Recovering): readonly DeliveredFile[] =>
  caPaths.map((path) => ({ path, mode: '0644', owner: 'root:root', content: bundle(keys, given) }));

const certified = async (
  keys: ClusterKeys,
  given: Recovering,
  server: RecoveredServer,
): Promise<readonly DeliveredFile[]> => {
  const files = await deliveredFiles(keys, identityOf(given, server), given.deps);
  const both = bundle(keys, given);
  return files.map((file) => ((caPaths as readonly string[]).includes(file.path) ? { ...file, content: both } : file));
};

/** Followers first; after each the cluster has to be whole. */
const eachInTurn = async (
  given: Recovering,
  what: string,
  filesFor: (server: RecoveredServer) => Promise<readonly DeliveredFile[]>,
): Promise<void> => {
  const { deps, waiting } = given;
  for (const server of await leadersLast(given)) {
    waiting.signal.throwIfAborted();
    waiting.progress(`${server.name} ${what}`);
    await deps.machines.deliver(server, await filesFor(server));
    await deps.clock.sleep(reloadMs, waiting.signal);
    await steady(given, `${server.name} ${what}`);
  }
};

const leadersLast = async (given: Recovering): Promise<readonly RecoveredServer[]> => {
  const leaders = await askAny(given, async ({ catalog, scheduler }) => [
    await catalog.leader(),
    await scheduler.leader(),
  ]);
  const leads = (server: RecoveredServer): number => leaders.filter((leader) => isAt(server, leader)).length;
  return given.servers.toSorted((a, b) => leads(a) - leads(b));
};

const steady = (given: Recovering, after: string): Promise<void> =>
  waitFor<void>({
    ...given.deps,
    ...given.waiting,
    deadlineMs: steadyMs,
    describe: `the cluster to be whole once ${after}`,
    probe: async (): Promise<Probed<void>> => {
      const lacks = missing(given.cluster.spec, await askAny(given, membership));
      return lacks.length === 0 ? { done: true, value: undefined } : { done: false, detail: lacks.join('; ') };
    },
  });

const jwks = (given: Recovering, jwksCa: string): Promise<void> =>
  waitFor<void>({
    ...given.deps,
    ...given.waiting,
    deadlineMs: steadyMs,
    describe: "Consul to trust the certificates of Nomad's identities",
    probe: async () => {
      const { jwksUrl = 'https://127.0.0.1:4646/.well-known/jwks.json' } = given.deps;
      await askAny(given, ({ catalogAccess }) => catalogAccess.workloads({ jwksUrl, jwksCa }));
      return { done: true, value: undefined };
    },
  });

/** With nothing but the new authority to go by: what an agent shows, it has read. */
const allShown = async ({ deps, servers }: Recovering, { ca }: ClusterKeys): Promise<Probed<void>> => {
  for (const server of servers)
    for (const port of [8501, 4646]) {
      const fetch = deps.machines.fetchThrough(server, { ca: ca.certificate });
      const url = `https://${server.privateIp}:${port}/v1/status/leader`;
      const reply = await fetch(new Request(url, { signal: AbortSignal.timeout(10_000) }));
      await reply.body?.cancel();
    }
  return { done: true, value: undefined };
};
