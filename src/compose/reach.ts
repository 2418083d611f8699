import { createClusterOperations } from '../cluster/operations.ts';
import type { Environment } from '../domain/environment.ts';
import type { Secret } from '../domain/secret.ts';
import type { ClusterOperations } from '../ports/cluster-operations.ts';
import type { Machines } from '../ports/machines.ts';
import type { Tailnet } from '../tailscale/tailnet.ts';
import { type IngressCertificates, ingressCertificates } from './certificates.ts';
import { type Door, explained } from './closed-door.ts';
import { connectWith, namespaceOf } from './connect.ts';
import type { Context } from './context.ts';
import { hostState } from './host-state.ts';
import { createJobSecrets, type OwnedSecrets } from './job-secrets.ts';
import { borrowed, createKeyRing, type OwnedKeyRing } from './key-ring.ts';
import { type PullAccess, pullAccess } from './pull-access.ts';
import { tailnetOf } from './tailnet.ts';

/** One environment's keys and what they open. */
export interface Reached {
  readonly keyRing: OwnedKeyRing;
  readonly secrets: OwnedSecrets;
  readonly machines: Machines;
  readonly operations: ClusterOperations;
  readonly tailnet: () => Tailnet | null;
  readonly certificates: IngressCertificates;
  readonly pulls: PullAccess;
  readonly door: Door;
}

export const reach = (context: Context, of: Environment): Reached => {
  const { name, type, host, pool } = of;
  const { clock, random, onSecret } = context;
  const { store, sealer, config } = host === undefined ? context : context.contextFor(host);
  // A preview on shared servers has no keys: it reads those of its host.
  const environment = host ?? name;
  const ring = createKeyRing({ store, sealer, project: config.project, environment, onSecret });
  const keyRing = host === undefined ? ring : borrowed(ring, () => hostState(context, host));
  const machines = context.reachMachines(keyRing);
  const secrets = createJobSecrets(context, { name, type });
  const connect = connectWith(keyRing, namespaceOf(of));
  // Only a run that orders, boots or removes servers asks for it, and only then its credentials are missed.
  const tailnet = (): Tailnet | null => tailnetOf(context, of);
  const certificates = ingressCertificates(context, of, machines);
  const pulls = pullAccess(context, keyRing, machines);
  const door: Door = { letIn: false };
  const asked = createClusterOperations({
    environment,
    previews: pool !== undefined,
    mayHavePreviews: type === 'staging',
    machines,
    keyRing,
    secrets,
    extraFiles: async (target) => [
      ...((await tailnet()?.filesFor(target.name)) ?? []),
      ...(await certificates.files()),
      ...pulls.files(),
    ],
    recovery: {
      enter: machines.enter,
      files: machines,
      begin: keyRing.start,
      takeBackSecrets: (read) => takeBackSecrets(of, secrets, context.local, read),
    },
    certify: async (servers, waiting) => {
      await certificates.ensure(servers, waiting);
      await pulls.ensure(servers, waiting);
    },
    connect,
    clock,
    random,
  });
  const operations = explained(asked, of, context.env, door);
  return { keyRing, secrets, machines, operations, tailnet, certificates, pulls, door };
};

/** What is written in infra.yaml for emulated clouds is no secret, and stays there. */
const takeBackSecrets = async (
  { jobs }: Environment,
  secrets: OwnedSecrets,
  emulated: boolean,
  read: (jobId: string) => Promise<Readonly<Record<string, Secret>>>,
): Promise<void> => {
  for (const job of jobs) {
    if (job.secrets.length === 0) continue;
    const found = await read(job.name);
    await secrets.takeBack(
      job.secrets.filter(({ name, local }) => !(emulated && local !== undefined && found[name]?.reveal() === local)),
      found,
    );
  }
};
