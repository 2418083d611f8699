import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { AccessControlError, Failure } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { MachineTarget } from '../ports/machines.ts';
import { askInTurn, type Connection } from './ask.ts';
import type { ClusterDeps } from './deps.ts';
import { membership } from './membership.ts';
import { ghostsOf, missing } from './ready.ts';
import { unsettledJobs } from './settled.ts';
import { FatalProbeError, type Probed, waitFor } from './wait.ts';

export const readyMs = 600_000;
/** Booted servers answer within seconds. If none does for this long, an agent does not start, and its log says why. */
export const silenceMs = 180_000;

/**
 * Until the cluster is whole: leaders, access control, wanted voters by name, nodes that take work and see Consul, and
 * strangers refused. Each look starts from the top, so a run that was killed between two stages is picked up; what this
 * very wait has set up is not set up again.
 */
export const awaitReady = async (
  deps: ClusterDeps,
  cluster: Resource<'cluster'>,
  servers: readonly MachineTarget[],
  waiting: Waiting,
): Promise<void> => {
  const stages = createStages(deps, waiting);
  let leads = false;
  try {
    await waitFor<void>({
      ...deps,
      ...waiting,
      deadlineMs: readyMs,
      patienceMs: silenceMs,
      describe: `Consul and Nomad of ${cluster.address} to form`,
      get next() {
        return leads ? `reconcile ${targetOfCluster(cluster)}` : waysOut(cluster);
      },
      probe: async () => {
        const look = await lookAround(deps, cluster, servers, stages);
        leads = look.leads;
        return look.probed;
      },
    });
  } catch (error) {
    throw waiting.signal.aborted ? error : await withLogs(deps, servers, error);
  }
};

interface Look {
  readonly leads: boolean;
  readonly probed: Probed<void>;
}
const lacking = (detail: string, leads = false): Look => ({ leads, probed: { done: false, detail } });

const lookAround = async (
  deps: ClusterDeps,
  cluster: Resource<'cluster'>,
  servers: readonly MachineTarget[],
  stages: Stages,
): Promise<Look> => {
  const keys = deps.keyRing.current();
  if (keys === null) throw new FatalProbeError('the keys of this cluster are not known');
  const ask = <T>(question: (connection: Connection) => Promise<T>): Promise<T> =>
    askInTurn(servers, (target) => question(deps.connect(target, deps.machines)));

  if ((await ask(({ catalog }) => catalog.leader())) === null) return lacking('Consul has no leader');
  stages.reached('Consul has a leader');
  await stages.once('Consul access control', () => ask(({ catalogAccess }) => openConsul(catalogAccess, keys)));

  if ((await ask(({ scheduler }) => scheduler.leader())) === null) return lacking('Nomad has no leader');
  stages.reached('Nomad has a leader');
  await stages.once('Nomad access control', () => ask(({ schedulerAccess }) => openNomad(deps, schedulerAccess, keys)));
  await stages.once('workload identity', () =>
    ask(({ catalogAccess }) =>
      catalogAccess.workloads({
        jwksUrl: deps.jwksUrl ?? jwksUrl,
        jwksCa: keys.ca.certificate,
        previews: deps.previews === true,
      }),
    ),
  );

  const facts = await ask(membership);
  const ghosts = ghostsOf(facts.nodes);
  if (ghosts.length > 0) await ask(({ schedulerAccess }) => schedulerAccess.forgetNodes(ghosts));
  const lacks = missing(cluster.spec, facts);
  if (lacks.length > 0) return lacking(lacks.join('; '), true);
  stages.reached('voters and nodes');
  const unsettled = unsettledJobs(await ask(({ scheduler }) => scheduler.jobs()), stages.sinceMs('voters and nodes'));
  if (unsettled !== undefined) return lacking(unsettled, true);
  stages.reached('jobs settled');
  const open = await stages.once('strangers refused', () => ask(openToStrangers));
  if (open !== undefined) throw new FatalProbeError(open);
  return { leads: true, probed: { done: true, value: undefined } };
};

/** Every Consul server has a Nomad server beside it; its certificate names 127.0.0.1. */
export const jwksUrl = 'https://127.0.0.1:4646/.well-known/jwks.json';

const openConsul = async (access: Connection['catalogAccess'], { consul }: ClusterKeys): Promise<void> => {
  await access.bootstrap(consul.management);
  await access.tokens(consul);
};

/** Nomad chooses the secret of the deployer's token: it is safe in the state before anything relies on it. */
const openNomad = async (
  { keyRing, previews = false }: ClusterDeps,
  access: Connection['schedulerAccess'],
  { nomad }: ClusterKeys,
): Promise<void> => {
  await access.bootstrap(nomad.management);
  const deployer = await access.deployer(nomad.deployer, previews);
  if (deployer.reveal() === nomad.deployer?.reveal()) return;
  await keyRing.update((keys) => ({ ...keys, nomad: { ...keys.nomad, deployer } }));
};

const openToStrangers = async ({ catalogAccess, schedulerAccess }: Connection): Promise<string | undefined> => {
  const [consul, nomad] = await Promise.all([catalogAccess.refusesAnonymous(), schedulerAccess.refusesAnonymous()]);
  const open = [...(consul ? [] : ['Consul']), ...(nomad ? [] : ['Nomad'])];
  return open.length === 0 ? undefined : `${open.join(' and ')} answers calls without a token: access control is off`;
};

interface Stages {
  /** How long ago this was reached. */
  sinceMs(what: string): number;
  /** Notes when something was first seen to be so. */
  reached(what: string): void;
  /** Does it until it succeeds once, and tells how long after the stage before. */
  once<T>(what: string, work: () => Promise<T>): Promise<T | undefined>;
}

const createStages = ({ clock }: ClusterDeps, waiting: Waiting): Stages => {
  const seen = new Map<string, number>();
  let before = clock.now();
  const reached = (what: string): void => {
    if (seen.has(what)) return;
    seen.set(what, clock.now());
    waiting.timed?.({ what, ms: clock.now() - before });
    before = clock.now();
  };
  return {
    reached,
    sinceMs: (what) => clock.now() - (seen.get(what) ?? clock.now()),
    once: async (what, work) => {
      if (seen.has(what)) return undefined;
      try {
        const result = await work();
        reached(what);
        return result;
      } catch (error) {
        if (isAccessControl(error)) throw fatal(error);
        throw error;
      }
    },
  };
};

const isAccessControl = (error: unknown): boolean =>
  error instanceof AccessControlError || (error instanceof Error && error.cause instanceof AccessControlError);

/** Somebody else's access control is not waited out; it comes wrapped with the name of the server that said so. */
const fatal = (error: unknown): FatalProbeError => {
  const cause = error instanceof AccessControlError ? error : ((error as Error).cause as AccessControlError);
  return new FatalProbeError(cause.message, { cause, ...(cause.next === undefined ? {} : { next: cause.next }) });
};

const logLines = 12;

/** What the agents themselves said last, on the first server that the error names, else on the first of all. */
const withLogs = async (deps: ClusterDeps, servers: readonly MachineTarget[], error: unknown): Promise<unknown> => {
  if (!(error instanceof Failure)) return error;
  const target = servers.find(({ name }) => error.message.includes(name)) ?? servers[0];
  if (target === undefined) return error;
  const tails = await Promise.all(
    ['consul', 'nomad'].map(async (unit) => {
      try {
        const text = await deps.machines.logTail(target, unit, logLines);
        return text === '' ? [] : [`${unit} on ${target.name} said last:\n${text}`];
      } catch (silent) {
        return [`the log of ${unit} on ${target.name} can't be read: ${(silent as Error).message}`];
      }
    }),
  );
  const message = [error.message, ...tails.flat()].join('\n');
  const Kind = error.constructor as new (message: string, more: object) => Failure;
  return new Kind(message, {
    done: error.done,
    cause: error,
    ...(error.next === undefined ? {} : { next: error.next }),
  });
};

const targetOfCluster = ({ address }: Resource<'cluster'>): string =>
  address.slice(address.indexOf('/') + 1).replace(/^pr-(\d+)$/, 'pr $1');

/** Raft needs a majority of the servers it knew; with most of their disks gone it waits for them for ever. */
const waysOut = (cluster: Resource<'cluster'>): string => {
  const target = targetOfCluster(cluster);
  const all = cluster.spec.servers.map((server) => `--replace ${server.address}`).join(' ');
  return `reconcile ${target}; if its quorum is lost for good, begin anew with new disks: reconcile ${target} ${all}`;
};
