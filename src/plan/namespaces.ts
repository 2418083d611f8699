import type { Address } from '../domain/address.ts';
import { labelNames } from '../domain/labels.ts';
import type { ObservedNamespace } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import { workerNumber } from '../domain/pool.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import type { Remembered } from '../domain/statefile.ts';
import { bookkeeping } from './cluster.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import type { Draft, Verdict } from './verdict.ts';

/** What a preview has on servers that it shares. It is ours by its meta, as a job is. */
export const judgeNamespaces = (planning: Planning): void => {
  const { world, intent, verdicts } = planning;
  const wanted = [...world.wanted.values()].find((one) => isOfKind(one, 'namespace')) as
    | Resource<'namespace'>
    | undefined;
  if (wanted !== undefined && intent === 'converge') verdicts.set(wanted.address, judge(planning, wanted));
  else if (wanted !== undefined) {
    const verdict = leaves(planning, wanted);
    if (verdict !== undefined) verdicts.set(wanted.address, verdict);
  }
  for (const [address, entry] of world.remembered)
    if (entry.kind === 'namespace' && !verdicts.has(address)) verdicts.set(address, strayed(planning, address, entry));
};

/** null: nobody can be asked. Where no server holds Nomad's memory any more there is no namespace; one that is off has it still. */
const presentNamespaces = (planning: Planning): readonly ObservedNamespace[] | null => {
  const { cluster, lists } = planning.observation;
  if (lists.server?.complete === true && !hasMemory(planning)) return [];
  return cluster?.reachable && cluster.nomad.leader !== null ? (cluster.namespaces ?? []) : null;
};

/** Workers of a pool remember nothing. */
const hasMemory = ({ observation, environment: { project, host } }: Planning): boolean =>
  observation.items.some(
    ({ kind, name, labels }) =>
      kind === 'server' &&
      labels[labelNames.project] === project &&
      labels[labelNames.environment] === host &&
      workerNumber(name) === undefined,
  );

const ownerOf = ({ environment }: Planning): string => `${environment.project}/${environment.name}`;

const judge = (planning: Planning, want: Resource<'namespace'>): Verdict => {
  const remembered = planning.world.remembered.get(want.address);
  const plain = { address: want.address, kind: 'namespace', name: want.name, want, disruption: 'none' } as const;
  const present = presentNamespaces(planning);
  const found = present?.find(({ name }) => name === want.name);
  if (found !== undefined && found.owner !== ownerOf(planning))
    return {
      ...plain,
      action: 'blocked',
      reasons: [
        reason('owner', 'a namespace of this name exists that is not ours', found.owner ?? '(none)', ownerOf(planning)),
      ],
      next: `nomad namespace delete ${want.name}   (on ${want.spec.host}, once nothing in it is needed)`,
      drafts: [],
    };
  if (found === undefined && remembered !== undefined && isElsewhere(want, remembered))
    return elsewhere(planning, want);
  if (found !== undefined && remembered === undefined)
    return {
      ...plain,
      action: 'adopt',
      reasons: [reason('state', because.jobUnknown)],
      drafts: [bookkeeping(planning, want.name, want.fingerprint)],
    };
  if (found !== undefined || (present === null && remembered !== undefined))
    return { ...plain, action: 'keep', reasons: [], drafts: [] };
  return {
    ...plain,
    action: 'create',
    reasons: [whyMissing(planning, remembered)],
    drafts: [createDraft(planning, want)],
  };
};

const createDraft = ({ run }: Planning, want: Resource<'namespace'>): Draft => ({
  verb: 'create',
  effect: { port: 'jobs', op: 'create-namespace', resource: want, run },
  fingerprintAfter: want.fingerprint,
});

const whyMissing = ({ observation }: Planning, remembered: Remembered | undefined): Reason => {
  const { cluster } = observation;
  if (remembered !== undefined) return reason('existence', 'it is remembered in the state, but Nomad does not have it');
  return cluster?.reachable === false
    ? reason('reachable', `nobody can say how it is: ${cluster.because}`)
    : reason('existence', because.missing);
};

const forget: Draft = { verb: 'forget', effect: { port: 'state', op: 'forget' } };

/** The host is all that a namespace's fingerprint is over; '' is of one that was cut off. */
const isElsewhere = ({ fingerprint }: Resource<'namespace'>, remembered: Remembered): boolean =>
  remembered.fingerprint !== '' && remembered.fingerprint !== fingerprint;

/** Made on another host by an earlier infra.yaml: from here nobody sees it there, so it is not forgotten either. */
const elsewhere = ({ target }: Planning, { address, name, spec }: Resource<'namespace'>): Verdict => {
  const before = spec.host === 'pool' ? 'staging' : 'pool';
  return {
    address,
    kind: 'namespace',
    name,
    action: 'blocked',
    reasons: [
      reason('host', `it runs on the servers of ${before}, and infra.yaml has previews on those of ${spec.host} now`),
    ],
    next: `write on: ${before} under environments.pr.pool once more, then reconcile destroy ${target}`,
    drafts: [],
    disruption: 'none',
  };
};

const leaves = (planning: Planning, wanted: Resource<'namespace'>): Verdict | undefined => {
  const remembered = planning.world.remembered.get(wanted.address);
  const isHere = presentNamespaces(planning)?.some(({ name }) => name === wanted.name) === true;
  if (!isHere && remembered !== undefined && isElsewhere(wanted, remembered)) return elsewhere(planning, wanted);
  return goes(planning, wanted.address, wanted.name);
};

/** With the preview goes its namespace. Of another owner's nothing is touched. */
const goes = (planning: Planning, address: Address, name: string): Verdict | undefined => {
  const remembered = planning.world.remembered.get(address);
  const plain = { address, kind: 'namespace', name, disruption: 'none' } as const;
  const present = presentNamespaces(planning);
  if (present === null)
    return {
      ...plain,
      action: 'blocked',
      reasons: [reason('reachable', 'it may still exist: nobody can be asked')],
      next: `run again once ${planning.environment.host ?? 'the cluster'} answers: reconcile destroy ${planning.target}`,
      drafts: [],
    };
  if (present.some((one) => one.name === name && one.owner === ownerOf(planning)))
    return {
      ...plain,
      action: 'delete',
      reasons: [reason('existence', because.destroyed)],
      drafts: [{ verb: 'delete', effect: { port: 'jobs', op: 'delete-namespace', name } }],
    };
  if (remembered === undefined) return undefined;
  return { ...plain, action: 'forget', reasons: [reason('state', because.forgotten)], drafts: [forget] };
};

/** infra.yaml gives the preview servers of its own now, and these lead to no namespace. */
const strayed = (planning: Planning, address: Address, { name }: Remembered): Verdict => ({
  address,
  kind: 'namespace',
  name,
  action: 'blocked',
  reasons: [reason('mode', 'it runs on servers that previews share, and infra.yaml gives it servers of its own now')],
  next: `write mode: pool under environments.pr once more, then reconcile destroy ${planning.target}`,
  drafts: [],
  disruption: 'none',
});
