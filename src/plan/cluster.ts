import type { Address } from '../domain/address.ts';
import type { ObservedCluster } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import { bootDraft } from './lifecycle.ts';
import { recoverOrBlock } from './recovery.ts';
import { type Draft, isBlocked, type Verdict } from './verdict.ts';

type Reached = Extract<ObservedCluster, { reachable: true }>;

/** Consul and Nomad on the servers. Its last step, `await-ready`, is written by order.ts, between and after restarts. */
export const judgeCluster = (planning: Planning): void => {
  if (planning.intent === 'destroy') return;
  for (const want of planning.world.wanted.values())
    if (isOfKind(want, 'cluster')) planning.verdicts.set(want.address, judge(planning, want));
};

const judge = (planning: Planning, want: Resource<'cluster'>): Verdict => {
  const { observation, world } = planning;
  const remembered = world.remembered.get(want.address);
  const plain = { address: want.address, kind: 'cluster', name: want.name, want, disruption: 'none' } as const;
  const comings = serverReasons(planning, want);
  const locked = lockedOut(planning, want);
  if (locked.length > 0) return { ...plain, ...recoverOrBlock(planning, want, locked, ready(want)) };
  const restarted = [...comings.values()];
  const certificates = (planning.certificatesDue ?? []).map((due) => reason('certificate', due));
  const logins = (planning.loginsDue ?? []).map((due) => reason('registry', due));
  const lacks = [...lacksOf(want, observation.cluster, comings), ...certificates, ...logins];
  const formed = formedBefore(planning, want);
  noticeOdd(planning, want);
  if (lacks.length === 0 && comings.size === 0) {
    // A run killed here may have left its access control half set up, which no observation shows.
    const adopt = remembered === undefined ? [ready(want), bookkeeping(planning, want.name, want.fingerprint)] : [];
    const reasons = remembered === undefined ? [reason('state', because.formedUnknown)] : [];
    return { ...plain, action: remembered === undefined ? 'adopt' : 'keep', reasons, drafts: adopt };
  }
  const reasons = formed ? [...lacks, ...restarted] : [reason('existence', because.missing)];
  return {
    ...plain,
    action: formed ? 'update' : 'create',
    reasons,
    drafts: [...bootDrafts(planning, want), ready(want)],
  };
};

/** Servers that stay as they are, although the keys to them are gone. */
const lockedOut = (planning: Planning, want: Resource<'cluster'>): Address[] => {
  const { cluster } = planning.observation;
  if (cluster === null || cluster.reachable || cluster.keysLost !== true) return [];
  return membersOf(want)
    .map(({ address }) => address)
    .filter((address) => {
      const verdict = planning.verdicts.get(address);
      return verdict?.have !== undefined && !wiped.includes(verdict.action);
    });
};
const wiped: readonly string[] = ['create', 'rebuild', 'replace', 'delete'];

/** Voters and workers alike: whoever has to be a node that takes work. */
const membersOf = ({ spec }: Resource<'cluster'>) => [...spec.servers, ...(spec.workers ?? [])];

const ready = (want: Resource<'cluster'>): Draft => ({
  verb: 'await-ready',
  effect: { port: 'cluster', op: 'await-ready', resource: want },
  fingerprintAfter: want.fingerprint,
});

/** A cluster and jobs have no id at Hetzner: their name does its job in the state. */
export const bookkeeping = (planning: Planning, name: string, fingerprint: string): Draft => ({
  verb: 'adopt',
  effect: { port: 'state', op: 'adopt', id: name, name, createdAt: planning.now, outputs: {} },
  fingerprintAfter: fingerprint,
});

/** What every server must be for the cluster to be whole, one reason each; the same list that `await-ready` waits for. */
const lacksOf = (
  want: Resource<'cluster'>,
  cluster: ObservedCluster | null,
  comings: ReadonlyMap<Address, Reason>,
): Reason[] => {
  if (cluster === null) return [reason('reachable', 'no server of this environment runs')];
  if (!cluster.reachable) return [reason('reachable', `Consul and Nomad do not answer: ${cluster.because}`)];
  const systems = [
    ['Consul', cluster.consul],
    ['Nomad', cluster.nomad],
  ] as const;
  const leaderless = systems.filter(([, { leader }]) => leader === null);
  if (leaderless.length > 0) return leaderless.map(([system]) => reason('leader', `${system} has no leader`));
  const voters = systems.map(([system, one]) => [system, new Set(one.voters)] as const);
  const workers = new Set(want.spec.workers?.map(({ name }) => name));
  return membersOf(want).flatMap(({ name, address }) => {
    if (comings.has(address)) return [];
    const absent = voters
      .filter(([, names]) => !names.has(name) && !workers.has(name))
      .map(([system]) => `no voter of ${system}`);
    const lacks = [...absent, ...lacksOfNode(name, cluster)];
    return lacks.length === 0 ? [] : [reason('members', `${name} is ${lacks.join(', ')}`)];
  });
};

/** The newest node of a name comes first; older ones are what a rebuilt server left behind. */
const lacksOfNode = (name: string, { nodes }: Reached): string[] => {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) return ['no node of Nomad'];
  if (node.status !== 'ready') return [`a node that is ${node.status}`];
  if (!node.eligible) return ['a node that takes no work'];
  return node.seesConsul ? [] : ['a node that does not see Consul'];
};

/**
 * Names of servers that are full members now; null when nobody can say. Without a leader, as for some seconds after each
 * election, that is so too: then every member counts as one that may be needed.
 */
export const healthyMembers = (planning: Planning): ReadonlySet<string> | null => {
  const { cluster } = planning.observation;
  if (cluster === null || !cluster.reachable) return null;
  if (cluster.nomad.leader === null || cluster.consul.leader === null) return null;
  const voters = new Set(cluster.nomad.voters);
  const consul = new Set(cluster.consul.voters);
  const workers = workerNames(planning);
  const running = new Set<string>();
  for (const item of planning.standing.values())
    if (item.kind === 'server' && item.facts.status === 'running') running.add(item.name);
  return new Set(
    cluster.nodes
      .filter(({ name, status }) => status === 'ready' && running.has(name))
      .filter(({ name }) => workers.has(name) || (voters.has(name) && consul.has(name)))
      .map(({ name }) => name),
  );
};

/** A worker is whole without a vote; its loss is no matter of quorum. */
const workerNames = ({ world }: Planning): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const resource of world.wanted.values())
    if (isOfKind(resource, 'cluster')) for (const { name } of resource.spec.workers ?? []) names.add(name);
  return names;
};

/** There is a quorum to protect: it has a leader, or nobody answers but the state says that it once formed. */
export const formedBefore = ({ observation, world }: Planning, want: Resource<'cluster'>): boolean => {
  const { cluster } = observation;
  if (cluster?.reachable)
    return cluster.nomad.leader !== null || cluster.consul.leader !== null || world.remembered.has(want.address);
  return world.remembered.has(want.address);
};

const disturbing: Readonly<Record<string, string>> = {
  create: 'is created',
  rebuild: 'is rebuilt',
  replace: 'is replaced',
  delete: 'leaves',
};

/** Servers that come, restart or leave in this plan: the cluster is awaited after them. */
const serverReasons = (planning: Planning, want: Resource<'cluster'>): Map<Address, Reason> => {
  const members = new Set<Address>(membersOf(want).map((member) => member.address));
  const reasons = new Map<Address, Reason>();
  for (const verdict of planning.verdicts.values()) {
    if (verdict.kind !== 'server' || isBlocked(verdict) || verdict.drafts.length === 0) continue;
    const boots = verdict.drafts.some((draft) => draft.effect.port === 'machines');
    const word =
      disturbing[verdict.action] ?? (verdict.disruption === 'restart' ? 'restarts' : boots ? 'is started' : undefined);
    const leaves = verdict.action === 'delete' && verdict.disruption === 'leave';
    if (word === undefined || !(members.has(verdict.address) || leaves)) continue;
    reasons.set(verdict.address, reason('servers', `${verdict.address} ${word} in this plan`));
  }
  return reasons;
};

/** A server that stands but is no member may still boot, after a run that was killed; its cloud-init error is worth knowing. */
const bootDrafts = (planning: Planning, want: Resource<'cluster'>): Draft[] => {
  const healthy = healthyMembers(planning);
  return membersOf(want).flatMap(({ address, name }) => {
    const resource = planning.world.wanted.get(address);
    const verdict = planning.verdicts.get(address);
    if (resource === undefined || !isOfKind(resource, 'server') || verdict?.have === undefined) return [];
    const booted = verdict.drafts.some((draft) => draft.effect.port === 'machines');
    if (booted || isBlocked(verdict) || healthy?.has(name)) return [];
    return [{ ...bootDraft(resource as Resource<'server'>), address }];
  });
};

const noticeOdd = ({ observation, notices }: Planning, want: Resource<'cluster'>): void => {
  const { cluster } = observation;
  if (!cluster?.reachable) return;
  const names = new Set(want.spec.servers.map((server) => server.name));
  const strangers = cluster.nomad.voters.filter((name) => !names.has(name));
  if (strangers.length > 0)
    notices.add(`${want.address} has voters that infra.yaml does not name: ${strangers.join(', ')}`);
  const versions = [
    ['Nomad', cluster.nomad.version, want.spec.nomadVersion],
    ['Consul', cluster.consul.version, want.spec.consulVersion],
  ] as const;
  for (const [system, runs, wanted] of versions)
    if (runs !== null && runs !== wanted)
      notices.add(`${want.address} runs ${system} ${runs}; infra.yaml says ${wanted}`);
};
