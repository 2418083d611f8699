import type { Address } from '../domain/address.ts';
import type { AccessEntry } from '../domain/observation.ts';
import type { Reason, RecoveredServer } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { isBlocked, makesNew, type Verdict } from './verdict.ts';

/* Nobody holds a key of the servers any more: the way back in, in plain words, before anything is done. */

type Judged = Pick<Verdict, 'action' | 'reasons' | 'drafts' | 'next'>;

/** A way in was asked for and looked at, or an earlier run had come so far that none is needed. */
const entryOf = ({ observation: { cluster } }: Planning): AccessEntry | undefined =>
  cluster === null || cluster.reachable ? undefined : cluster.entry;

export const isRecovering = (planning: Planning): boolean =>
  planning.intent === 'converge' && entryOf(planning) !== undefined;

/** One thing at a time: what would restart, wipe or add servers waits for the run after. */
export const holdForRecovery = (planning: Planning): void => {
  const { verdicts, notices, target } = planning;
  if (!isRecovering(planning)) return;
  for (const verdict of [...verdicts.values()]) {
    const boots = verdict.drafts.some(({ effect }) => effect.port === 'machines');
    if (
      verdict.kind !== 'server' ||
      isBlocked(verdict) ||
      !(verdict.disruption !== 'none' || makesNew(verdict) || boots)
    )
      continue;
    notices.add(`${verdict.action} ${verdict.address} waits until access is recovered: run reconcile ${target} again`);
    const { wipes: _none, placement: _nowhere, tail: _nothing, ...kept } = verdict;
    verdicts.set(verdict.address, { ...kept, action: 'keep', reasons: [], drafts: [], disruption: 'none' });
  }
};

/** What it takes to get back in to these servers; blocked where one of them can't be entered. */
export const recoverOrBlock = (
  planning: Planning,
  want: Resource<'cluster'>,
  locked: readonly Address[],
  ready: Verdict['drafts'][number],
): Judged => {
  const entry = entryOf(planning);
  if (entry === undefined) return keysLost(planning, want, locked);
  const shut = closed(want, locked, entry);
  if (shut.length > 0)
    return {
      action: 'blocked',
      reasons: shut.map((because) => reason('login', because)),
      next: `every server has to be entered at once, since all of them get new certificates: mend this, then reconcile ${planning.target} --recover-access`,
      drafts: [],
    };
  const servers = entry.servers.flatMap((one): RecoveredServer[] => {
    const { name, privateIp, publicIp } = one;
    return one.open ? [{ name, privateIp, publicIp, hostKey: one.hostKey }] : [];
  });
  const effect = { port: 'cluster', op: 'recover-access', resource: want, servers, identity: entry.identity } as const;
  return { action: 'update', reasons: told(entry, locked), drafts: [{ verb: 'recover-access', effect }, ready] };
};

/** Nobody can be let in by the API: the keys come back, or a human lets us in, or the disks go. */
const keysLost = ({ target, observation }: Planning, want: Resource<'cluster'>, locked: readonly Address[]): Judged => {
  const { cluster } = observation;
  const begun = cluster !== null && !cluster.reachable && cluster.because.startsWith('access to it is being recovered');
  const members = [...want.spec.servers, ...(want.spec.workers ?? [])];
  const lost = `the keys of ${locked.join(', ')} are lost: neither the state nor its copy of the keys is there`;
  const halfway = `the keys of ${locked.join(', ')} were lost, and a run that made new ones did not end`;
  return {
    action: 'blocked',
    reasons: [reason('keys', begun ? halfway : lost)],
    next: [
      ...(begun ? [] : ['put the state or its copy of the keys back;']),
      `${begun ? '' : 'or '}log in with a key of ssh_keys and make new ones: reconcile ${target} --recover-access`,
      `or begin anew with new disks: reconcile ${target} ${members.map(({ address }) => `--replace ${address}`).join(' ')}`,
    ].join('\n'),
    drafts: [],
  };
};

const closed = (want: Resource<'cluster'>, locked: readonly Address[], entry: AccessEntry): string[] => {
  const members = [...want.spec.servers, ...(want.spec.workers ?? [])].filter(({ address }) =>
    locked.includes(address),
  );
  return members.flatMap(({ address, name }) => {
    const seen = entry.servers.find((one) => one.name === name);
    if (seen === undefined) return [`${address} does not run: switch it on first`];
    return seen.open ? [] : [seen.because];
  });
};

/** Everything that will be done, for the human who says yes to it. */
const told = (entry: AccessEntry, locked: readonly Address[]): Reason[] => {
  const shown = entry.servers.flatMap((one) => (one.open ? [`${one.name} ${one.fingerprint}`] : []));
  const unverified = `nothing is left to compare the servers' host keys with: see that these are theirs (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub at the console), then say yes: ${shown.join(', ')}`;
  return [
    reason('keys', `all keys of ${locked.join(', ')} are lost, and the servers run`),
    reason('login', `root at ${entry.servers.map(({ name }) => name).join(', ')} with ${entry.as}`),
    ...(entry.begun ? [] : [reason('host keys', unverified)]),
    reason(
      'read back',
      "gossip keys, the tokens of Consul's agents, Nomad and the ingress, and the jobs' secrets, as the servers have them; jobs with secrets that were set by hand are deployed once more, with the same values, by the run after",
    ),
    reason(
      'made anew',
      "our SSH key in root's authorized_keys in the place of the lost one, the certificate authority with a certificate for each server, Consul's and Nomad's management tokens by a reset of their access control, our own tokens in both; the lost tokens are revoked",
    ),
    reason(
      'interruption',
      'none is expected: Consul and Nomad read their certificates again one server after another, nothing restarts, and jobs run on',
    ),
  ];
};
