import { Failure } from '../domain/errors.ts';
import type { ReleaseSpec, Resource } from '../domain/resource.ts';
import type { Secret } from '../domain/secret.ts';
import type { JobSecrets } from '../ports/application-secrets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { JobHealth, JobScheduler } from '../ports/job-scheduler.ts';
import type { Machines, MachineTarget } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import { type Answered, jobAnswers } from './answers.ts';
import { askInTurn, type Connect, type Connection } from './ask.ts';
import { FatalProbeError, type Probed, waitFor } from './wait.ts';

export interface SubmitDeps {
  readonly machines: Machines;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
  /** Left out where no job has secrets. */
  readonly secrets?: JobSecrets;
}

/**
 * Bounds of the waits. The shipped jobs end a sick deployment themselves within their healthy_deadline of 3 minutes;
 * a job file of the user's own may take Nomad's default progress_deadline of 10 minutes. Migrations may take their time.
 */
const deadlines = { releaseMs: 1_800_000, jobMs: 900_000, answersMs: 60_000 } as const;

interface Work {
  readonly deps: SubmitDeps;
  readonly job: Resource<'job'>;
  readonly servers: readonly MachineTarget[];
  readonly waiting: Waiting;
}

/**
 * Secrets, release, job, in this order; then true health: Nomad's deployment and allocations, Consul's checks, and an
 * answer through the ingress. Each part is left alone where it is already so. Throws Failure with the failing task's
 * last event and the end of its log.
 */
export const submitJob = async (
  deps: SubmitDeps,
  job: Resource<'job'>,
  servers: readonly MachineTarget[],
  waiting: Waiting,
  redeploy?: string,
): Promise<void> => {
  waiting.signal.throwIfAborted();
  const work: Work = { deps, job, servers, waiting };
  const owner = ownerOf(job);
  const { spec } = job;
  const values = await valuesFor(work);
  // Not in turn: a refusal by one server is the cluster's; only a server that can't be asked is passed over.
  const target = await askInTurn(servers, async (one) => {
    await connect(deps, one).scheduler.leader();
    return one;
  });
  const { scheduler } = connect(deps, target);
  await scheduler.putVariables(`nomad/jobs/${spec.jobId}`, values);
  if (spec.release !== undefined) await release(work, spec.release, scheduler, { owner, values });
  const { version } = await scheduler.submit(spec, {
    fingerprint: job.fingerprint,
    owner,
    ...(redeploy === undefined ? {} : { redeploy }),
  });
  await untilHealthy(work, version);
  const { namespace } = spec;
  if (namespace !== undefined) await connect(deps, target).schedulerAccess.markUsed(namespace, spec.jobId);
  await timed(work, 'Consul and the ingress', () => untilAnswering(work));
};

const connect = (deps: SubmitDeps, target: MachineTarget): Connection => deps.connect(target, deps.machines);

const valuesFor = async ({ deps, job }: Work): Promise<Readonly<Record<string, Secret>>> => {
  const { secrets } = job.spec;
  if (secrets.length === 0) return {};
  if (deps.secrets === undefined) throw new Failure(`job ${job.name} needs secrets, and nobody here can give them`);
  return deps.secrets.valuesFor(secrets);
};

/** A release that fails ends the deployment before anything of the new version runs. */
const release = async (
  work: Work,
  spec: ReleaseSpec,
  scheduler: JobScheduler,
  given: { readonly owner: string; readonly values: Readonly<Record<string, Secret>> },
): Promise<void> => {
  const { job } = work;
  await scheduler.putVariables(`nomad/jobs/${spec.jobId}`, given.values);
  const version = await scheduler.startRelease(spec, { jobId: job.spec.jobId, owner: given.owner });
  if (version === null) return;
  await timed(work, 'release', () =>
    until(work, {
      describe: `the release of job ${job.name} to end`,
      deadlineMs: deadlines.releaseMs,
      look: (one) => connect(work.deps, one).scheduler.releaseHealth(spec.jobId, version),
      failure: (detail) =>
        new FatalProbeError(`the release of job ${job.name} failed: ${detail}`, {
          done: [`job ${job.name} was not touched: the version before runs on`],
          next: 'mend what its log says, then run again: it is tried once more',
        }),
    }),
  );
};

const untilHealthy = (work: Work, version: number): Promise<void> => {
  const { job, deps } = work;
  const what = `job ${job.name} version ${version}`;
  return timed(work, 'deployment', () =>
    until(work, {
      describe: `${what} to be healthy`,
      deadlineMs: deadlines.jobMs,
      look: (one) => connect(deps, one).scheduler.health(job.spec.jobId, version),
      failure: (detail) =>
        new FatalProbeError(`${what} failed: ${detail}`, { done: [`version ${version} was registered`] }),
    }),
  );
};

/** Nomad has had its last word; from here on a bad look is the ingress catching up, which takes seconds. */
const untilAnswering = async ({ deps, job, servers, waiting }: Work): Promise<void> => {
  const { answers, jobId, service = jobId, count } = job.spec;
  if (answers === undefined || count === 0) return;
  await waitFor<void>({
    ...deps,
    ...waiting,
    deadlineMs: deadlines.answersMs,
    intervalMs: { first: 100, longest: 1_000 },
    describe: `job ${job.name} to answer for ${answers.domain}${answers.path}`,
    probe: async () => {
      const passing = await askInTurn(servers, (one) => connect(deps, one).catalog.passing(service));
      if (passing < count)
        return { done: false, detail: `Consul sees ${passing} of ${count} instances of ${service} pass their checks` };
      const all = await Promise.all(
        servers.map((one) => jobAnswers({ fetch: deps.machines.fetchThrough(one), privateIp: one.privateIp }, answers)),
      );
      return everywhere(all);
    },
  });
};

/** Every ingress that can be reached, and there must be one: a server that is off is missed by others. */
const everywhere = (all: readonly Answered[]): Probed<void> => {
  const bad = all.find((one) => !one.ok && one.reached) ?? (all.some((one) => one.ok) ? undefined : all[0]);
  return bad === undefined || bad.ok ? { done: true, value: undefined } : { done: false, detail: bad.detail };
};

interface Until {
  readonly describe: string;
  readonly deadlineMs: number;
  readonly look: (target: MachineTarget) => Promise<JobHealth>;
  readonly failure: (detail: string) => Failure;
}

const until = ({ deps, servers, waiting }: Work, { look, failure, ...bounds }: Until): Promise<void> =>
  waitFor<void>({
    ...deps,
    ...waiting,
    ...bounds,
    probe: async (): Promise<Probed<void>> => {
      const health = await askInTurn(servers, look);
      if (health.state === 'failed') throw failure(health.detail);
      return health.state === 'healthy' ? { done: true, value: undefined } : { done: false, detail: health.detail };
    },
  });

const timed = async ({ deps, waiting, job }: Work, what: string, work: () => Promise<void>): Promise<void> => {
  const startedAt = deps.clock.now();
  await work();
  waiting.timed?.({ what: `${job.name}: ${what}`, ms: deps.clock.now() - startedAt });
};

const ownerOf = (job: Resource<'job'>): string => {
  const { project, environment } = job.labels;
  if (project === undefined || environment === undefined)
    throw new Failure(`${job.address} has no project and environment labels, so it would belong to nobody`);
  return `${project}/${environment}`;
};
