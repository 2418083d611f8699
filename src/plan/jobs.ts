import { type Address, addressOf } from '../domain/address.ts';
import { shortImage, withTag } from '../domain/image-reference.ts';
import type { ObservedJob } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import type { Remembered } from '../domain/statefile.ts';
import { bookkeeping } from './cluster.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import { isRecovering } from './recovery.ts';
import type { Draft, Verdict } from './verdict.ts';

/** Nomad jobs: fingerprint and owner are in their meta, health is what Nomad counts. */
export const judgeJobs = (planning: Planning): void => {
  const { world, intent, verdicts } = planning;
  const present = presentJobs(planning);
  const wanted = new Map<Address, Resource<'job'>>();
  if (intent === 'converge')
    for (const resource of world.wanted.values())
      if (isOfKind(resource, 'job')) wanted.set(resource.address, resource as Resource<'job'>);
  for (const want of wanted.values()) verdicts.set(want.address, judge(planning, want, present?.get(want.spec.jobId)));
  for (const [address, entry] of world.remembered)
    if (!verdicts.has(address) && (entry.kind === 'job' || entry.kind === 'cluster'))
      verdicts.set(address, unwanted(planning, address, entry, present?.get(entry.id)));
  for (const job of present?.values() ?? []) {
    const address = addressOf('job', job.jobId);
    if (job.owner === ownerOf(planning) && !wanted.has(address) && !verdicts.has(address))
      verdicts.set(address, unwanted(planning, address, undefined, job));
  }
};

const ownerOf = ({ environment }: Planning): string => `${environment.project}/${environment.name}`;

/** null: nobody can be asked, so nothing is known of any job. */
const presentJobs = ({ observation }: Planning): Map<string, ObservedJob> | null => {
  const { cluster } = observation;
  if (cluster === null || !cluster.reachable || cluster.nomad.leader === null) return null;
  return new Map(cluster.jobs.map((job) => [job.jobId, job]));
};

const judge = (planning: Planning, want: Resource<'job'>, job: ObservedJob | undefined): Verdict => {
  const { world, target, adopt } = planning;
  const remembered = world.remembered.get(want.address);
  const plain = { address: want.address, kind: 'job', name: want.name, want, disruption: 'none' } as const;
  const submit: Draft = {
    verb: 'submit',
    effect: { port: 'jobs', op: 'submit', resource: want, ...(again(planning) ? { redeploy: planning.run } : {}) },
    fingerprintAfter: want.fingerprint,
  };
  const asked = adopt.has(want.address);
  if (job !== undefined && job.owner !== ownerOf(planning) && !asked)
    return {
      ...plain,
      action: 'blocked',
      reasons: [reason('owner', 'a job of this name runs that is not ours', job.owner ?? '(none)', ownerOf(planning))],
      next: `reconcile ${target} --adopt ${want.address}`,
      drafts: [],
    };
  // Nobody can be asked before the run that recovers access has; the look after it tells.
  if (isRecovering(planning)) {
    if (remembered !== undefined) return { ...plain, action: 'keep', reasons: [], drafts: [] };
    const reasons = [reason('access', 'whether it is as infra.yaml says is seen once access is recovered')];
    return {
      ...plain,
      action: 'adopt',
      reasons,
      drafts: [bookkeeping(planning, want.spec.jobId, want.fingerprint)],
    };
  }
  const why = differences(planning, want, job, remembered);
  if (asked && job?.owner !== ownerOf(planning))
    why.unshift(reason('owner', because.adopted, job?.owner ?? '(none)', ownerOf(planning)));
  const missing = want.spec.secrets.filter(({ from }) => from === 'missing').map(({ name }) => name);
  if (why.length > 0 && missing.length > 0)
    return {
      ...plain,
      action: 'blocked',
      reasons: [...why, reason('secrets', `it needs ${missing.join(' and ')}, which nobody has set`)],
      next: missing.map((name) => `reconcile secrets set ${target} ${name}`).join('\n'),
      drafts: [],
    };
  if (why.length > 0) {
    const action =
      job !== undefined || (remembered !== undefined && presentJobs(planning) === null) ? 'update' : 'create';
    return { ...plain, action, reasons: why, drafts: [submit] };
  }
  if (remembered !== undefined) return { ...plain, action: 'keep', reasons: [], drafts: [] };
  const reasons = [reason('state', because.jobUnknown)];
  return { ...plain, action: 'adopt', reasons, drafts: [bookkeeping(planning, want.spec.jobId, want.fingerprint)] };
};

const differences = (
  planning: Planning,
  want: Resource<'job'>,
  job: ObservedJob | undefined,
  remembered: Remembered | undefined,
): Reason[] => {
  const { cluster } = planning.observation;
  if (job === undefined) {
    if (remembered === undefined) return [reason('existence', because.missing)];
    if (cluster !== null && !cluster.reachable)
      return [reason('reachable', `nobody can say how it is: ${cluster.because}`)];
    if (presentJobs(planning) === null) return [reason('reachable', 'nobody can say how it is: Nomad has no leader')];
    return [reason('existence', 'it is remembered in the state, but Nomad does not have it')];
  }
  const reasons: Reason[] = [];
  if (job.fingerprint !== want.fingerprint)
    reasons.push(
      ...imageMoves(want, job),
      reason('specification', because.differs, job.fingerprint ?? '(none)', want.fingerprint),
    );
  else if (job.status === 'dead') reasons.push(reason('status', 'it was stopped', job.status, 'running'));
  else if (job.healthy < want.spec.count)
    reasons.push(
      reason('health', `${job.healthy} of ${want.spec.count} healthy`, `${job.healthy}`, `${want.spec.count}`),
    );
  else if (job.wanted !== want.spec.count)
    planning.notices.add(`${want.address} was scaled to ${job.wanted} by hand; infra.yaml says ${want.spec.count}`);
  if (reasons.length === 0) reasons.push(...moved(planning, want));
  if (reasons.length === 0 && again(planning)) reasons.push(reason('redeploy', 'it is to be deployed once more'));
  return reasons;
};

const again = ({ options }: Planning): boolean => options.redeploy === true;

const imageMoves = ({ spec }: Resource<'job'>, { image }: ObservedJob): Reason[] => {
  const { image: plain, version } = spec.variables;
  const wanted = typeof plain === 'string' ? withTag(plain, version) : undefined;
  if (image === undefined || wanted === undefined || wanted === image) return [];
  return [reason('image', because.image, shortImage(image), shortImage(wanted))];
};

/** Its allocations on a server that is wiped start anew elsewhere: the run ends well only once they are healthy again. */
const moved = (planning: Planning, want: Resource<'job'>): Reason[] => {
  const wiped = [...planning.verdicts.values()].filter(
    ({ kind, action, disruption }) => kind === 'server' && disruption !== 'none' && action !== 'blocked',
  );
  const [first] = wiped;
  if (first === undefined || !want.dependsOn.some((address) => address.startsWith('cluster/'))) return [];
  const more = wiped.length > 1 ? ` and ${wiped.length - 1} more` : '';
  return [reason('servers', `what runs of it on ${first.address}${more} moves in this plan`)];
};

const unwanted = (
  planning: Planning,
  address: Address,
  entry: Remembered | undefined,
  job: ObservedJob | undefined,
): Verdict => {
  const { intent } = planning;
  const kind = address.startsWith('cluster/') ? 'cluster' : 'job';
  const plain = { address, kind, name: entry?.name ?? job?.jobId ?? address, disruption: 'none' } as const;
  const forget: Draft = { verb: 'forget', effect: { port: 'state', op: 'forget' } };
  // With the servers go the jobs: stopping each first would only take longer.
  if (intent === 'destroy' && planning.environment.host !== undefined && kind === 'job')
    return endsWithNamespace(planning, plain, job);
  if (intent === 'destroy') {
    const servers = [...planning.verdicts.values()].filter((verdict) => verdict.kind === 'server');
    if (servers.some((server) => server.action === 'blocked'))
      return { ...plain, action: 'keep', reasons: [reason('servers', 'the servers it runs on stay')], drafts: [] };
    const action = servers.some((server) => server.action === 'delete') ? 'delete' : 'forget';
    return { ...plain, action, reasons: [reason('servers', 'it ends with the servers it runs on')], drafts: [forget] };
  }
  if (job !== undefined && job.owner === ownerOf(planning))
    return {
      ...plain,
      action: 'delete',
      reasons: [reason('existence', because.unwanted)],
      drafts: [{ verb: 'stop', effect: { port: 'jobs', op: 'stop', jobId: job.jobId } }],
    };
  if (kind === 'job' && isRecovering(planning)) return { ...plain, action: 'keep', reasons: [], drafts: [] };
  if (kind === 'job' && presentJobs(planning) === null)
    return {
      ...plain,
      action: 'blocked',
      reasons: [reason('reachable', 'it may still run: nobody can be asked')],
      next: `run again once the cluster answers: reconcile ${planning.target}`,
      drafts: [],
    };
  return { ...plain, action: 'forget', reasons: [reason('state', because.forgotten)], drafts: [forget] };
};

/** On servers that stay: stopped before the namespace goes. */
const endsWithNamespace = (
  planning: Planning,
  plain: Pick<Verdict, 'address' | 'kind' | 'name' | 'disruption'>,
  job: ObservedJob | undefined,
): Verdict => {
  if (planning.verdicts.get(addressOf('namespace', planning.environment.name))?.action === 'blocked')
    return { ...plain, action: 'keep', reasons: [reason('namespace', 'the namespace it runs in stays')], drafts: [] };
  if (job === undefined || job.owner !== ownerOf(planning)) {
    const forget: Draft = { verb: 'forget', effect: { port: 'state', op: 'forget' } };
    return { ...plain, action: 'forget', reasons: [reason('state', because.forgotten)], drafts: [forget] };
  }
  const stop: Draft = { verb: 'stop', effect: { port: 'jobs', op: 'stop', jobId: job.jobId } };
  return { ...plain, action: 'delete', reasons: [reason('existence', because.destroyed)], drafts: [stop] };
};
