import type { Address } from '../domain/address.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import { block } from './blocks.ts';
import { formedBefore, healthyMembers } from './cluster.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { isBlocked, type Verdict } from './verdict.ts';

const quorumOf = (members: number): number => Math.floor(members / 2) + 1;

/** Raft counts its members, not the wanted ones: what remains of them must be a majority, at every moment. */
export const guardQuorum = (planning: Planning): void => {
  const want = [...planning.world.wanted.values()].find((resource) => isOfKind(resource, 'cluster'));
  if (planning.intent === 'destroy' || want === undefined) return;
  const cluster = want as Resource<'cluster'>;
  if (!formedBefore(planning, cluster)) return;
  const verdicts = [...planning.verdicts.values()].filter((verdict) => verdict.kind === 'server');
  guardDepartures(planning, cluster, verdicts);
  guardRestarts(planning, cluster, verdicts);
};

const guardDepartures = (planning: Planning, cluster: Resource<'cluster'>, verdicts: readonly Verdict[]): void => {
  const { observation } = planning;
  const voters = observation.cluster?.reachable ? new Set(observation.cluster.nomad.voters) : undefined;
  const members = verdicts.filter(
    ({ have, address }) => have !== undefined && !address.includes('~') && (voters?.has(have.name) ?? true),
  );
  const selected = selectedServers(planning);
  const leaving = members.filter(({ action, address }) => action === 'delete' && (selected?.has(address) ?? true));
  if (leaving.length === 0 || members.length - leaving.length >= quorumOf(members.length)) return;
  const why = reason(
    'quorum',
    `${leaving.length} of ${members.length} members would leave at once, and ${quorumOf(members.length)} must stay for a quorum`,
  );
  const alone = cluster.spec.servers.length < 2;
  const next =
    alone || members.length < 3
      ? `a cluster cannot shrink to one server: reconcile destroy ${planning.target}, then reconcile ${planning.target}`
      : (wakeFirst(verdicts) ?? `one at a time: reconcile ${planning.target} --only ${leaving.at(-1)?.address ?? ''}`);
  for (const verdict of leaving) block(planning, verdict, why, next);
  // The others' new user data counts on fewer servers: booted with it beside the old members, they would split.
  for (const verdict of verdicts)
    if (verdict.disruption === 'restart' && (selected?.has(verdict.address) ?? true))
      block(planning, verdict, why, next);
};

/**
 * A member that is off and stays has to vote again before another one may leave. Its own changes wait as well, so the
 * plan can't switch it on: the user does, as it is.
 */
const wakeFirst = (verdicts: readonly Verdict[]): string | undefined => {
  const asleep = verdicts.find(
    ({ action, want, have }) =>
      action !== 'delete' && want !== undefined && have?.kind === 'server' && have.facts.status === 'off',
  );
  return asleep === undefined ? undefined : `first switch on what stays: hcloud server poweron ${asleep.have?.name}`;
};

const selectedServers = ({ options }: Planning): ReadonlySet<Address> | undefined =>
  options.only === undefined || options.only.length === 0 ? undefined : new Set(options.only);

/** With a member missing that this plan cannot bring back, taking down another one may take the quorum. */
const guardRestarts = (planning: Planning, cluster: Resource<'cluster'>, verdicts: readonly Verdict[]): void => {
  const size = cluster.spec.servers.length;
  const absent = verdicts.filter((verdict) => isBlocked(verdict) && verdict.have === undefined);
  if (size < 3 || absent.length === 0 || size - absent.length - 1 >= quorumOf(size)) return;
  const [first] = absent;
  const why = reason('quorum', `${first?.address ?? ''} is missing: with one more server down there is no quorum`);
  const healthy = healthyMembers(planning);
  for (const verdict of verdicts)
    if (verdict.disruption !== 'none' && (healthy === null || healthy.has(verdict.have?.name ?? '')))
      block(planning, verdict, why, first?.next ?? `first get ${first?.address ?? ''} back`);
};
