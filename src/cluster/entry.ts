import { Failure } from '../domain/errors.ts';
import type { AccessEntry, EnteredServer, ObservedCluster } from '../domain/observation.ts';
import type { RecoverAccess } from '../ports/cluster-operations.ts';
import type { Entry } from '../ports/entry.ts';
import type { MachineTarget } from '../ports/machines.ts';
import type { ClusterDeps } from './deps.ts';
import { notAdmitted } from './recovering.ts';

type Lost = Extract<ObservedCluster, { reachable: false }>;

/**
 * Adds what a login would find, which changes nothing: by our own new key where a recovery had come as far as that, else
 * by a human's, if that is asked for.
 */
export const withEntry = async (
  deps: ClusterDeps,
  targets: readonly MachineTarget[],
  lost: Lost,
  asked: RecoverAccess | undefined,
): Promise<Lost> => {
  const begun = deps.keyRing.current() !== null;
  if (begun && (await notAdmitted(deps, targets)).length === 0) return { ...lost, entry: ownEntry(deps, targets) };
  if (asked === undefined || deps.recovery === undefined) return lost;
  const entry = await deps.recovery.enter(asked.identity);
  try {
    const servers = await Promise.all(targets.map((target) => enter(entry, target, targets)));
    return { ...lost, entry: { as: entry.as(), identity: asked.identity, begun, servers: compared(servers) } };
  } finally {
    await entry.close();
  }
};

const ownEntry = ({ keyRing }: ClusterDeps, targets: readonly MachineTarget[]): AccessEntry => ({
  as: 'our own new key, which a run before this one put there',
  identity: null,
  begun: true,
  servers: targets.map((target) => ({
    ...target,
    open: true,
    hostKey: keyRing.current()?.hosts[target.name]?.pinned ?? '',
    fingerprint: 'pinned',
  })),
});

type Seen = EnteredServer & { readonly peers?: Readonly<Record<string, string>> };

const enter = async (entry: Entry, target: MachineTarget, all: readonly MachineTarget[]): Promise<Seen> => {
  const { name, privateIp, publicIp } = target;
  const plain = { name, privateIp, publicIp };
  try {
    const peers = all.filter((one) => one.name !== name);
    const { hostKey, fingerprint, peers: seen } = await entry.look(target, peers);
    return { ...plain, open: true, hostKey, fingerprint, peers: seen };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...plain, open: false, because: error.message };
  }
};

/** What a server shows us and what it shows its peers must be one key: else somebody stands between us and it. */
const compared = (seen: readonly Seen[]): EnteredServer[] =>
  seen.map(({ peers: _peers, ...server }) => {
    if (!server.open) return server;
    const other = seen.find(({ name, peers }) => name !== server.name && differs(peers?.[server.name], server.hostKey));
    if (other === undefined) return server;
    const { name, privateIp, publicIp } = server;
    const because = `${name} shows ${other.name} another SSH host key on the private network than it shows us`;
    return { name, privateIp, publicIp, open: false, because };
  });
const differs = (shown: string | undefined, hostKey: string): boolean => shown !== undefined && shown !== hostKey;
