import { labelNames } from '../../domain/labels.ts';
import type { ObservedItem, ServerFacts } from '../../domain/observation.ts';
import type { CloudChange, Placement, Reason } from '../../domain/plan.ts';
import type { Resource, ServerSpec } from '../../domain/resource.ts';
import type { Remembered } from '../../domain/statefile.ts';
import { because, reason } from '../describe.ts';
import { knownId, nameOfId, resolveId, type Sight } from '../sight.ts';
import { diffProtection } from './network.ts';

/** What differs, by what it takes: nothing, a restart, a new disk, another server. The heaviest decides. */
export interface ServerDifference {
  readonly need: 'nothing' | 'change' | 'restart' | 'rebuild' | 'replace';
  readonly reasons: readonly Reason[];
  readonly changes: readonly CloudChange[];
  /** Cloud-init runs again or for the first time, or the machine starts: wait for it. */
  readonly boots: boolean;
  /** Only the label that names the user data is wrong. */
  readonly userDataLabelStale: boolean;
  /** Neither in place nor by a replacement that nobody asked for: the way out, in words. */
  readonly blockedNext?: string;
}

/**
 * Fields: location, architecture, publicIpv4, publicIpv6 (replace); image, userData (rebuild); type, placementGroup
 * (restart); network and privateIp, backups, deleteProtection, power (in place). `sshKeys` and `firewalls` are given at
 * creation; the first cannot be read back, the second is judged by the firewall (diff/firewall-servers.ts).
 */
export const diffServer = (
  want: Resource<'server'>,
  have: ObservedItem<'server'>,
  sight: Sight,
  remembered: Remembered | undefined,
): ServerDifference => {
  const { spec } = want;
  const { facts } = have;
  const replace = replaceReasons(spec, facts);
  const placement = spec.types.includes(facts.type) ? undefined : sight.placementOf(want.address);
  const disks = placement === undefined ? undefined : smallerDisk(want, facts, placement, sight);
  if (replace.length === 0 && disks !== undefined) return disks;
  if (placement !== undefined) replace.push(...otherArchitecture(facts, placement, sight));
  if (replace.length > 0)
    return { need: 'replace', reasons: replace, changes: [], boots: true, userDataLabelStale: false };
  const disk = rebuildReasons(want, have, remembered);
  const restart = restartParts(spec, facts, placement, sight);
  const live = [diffNetworkOf(spec, facts, sight), diffBackups(spec, facts)];
  const off = needsPower(facts);
  const reasons = [disk, restart.reasons, ...live.map((part) => part.reasons)].flat();
  if (off) reasons.push(reason('power', `the server is ${facts.status}`, facts.status, 'running'));
  const need = disk.length > 0 ? 'rebuild' : restart.changes.length > 0 ? 'restart' : undefined;
  const protection = protectionSteps(spec, facts, need === 'rebuild');
  reasons.push(...protection.reasons);
  const stop: CloudChange[] = restart.changes.length > 0 && !off ? [{ op: 'power-off' }] : [];
  const start: CloudChange[] = off || restart.changes.length > 0 ? [{ op: 'power-on' }] : [];
  const rebuild: CloudChange[] = disk.length > 0 ? [{ op: 'rebuild', image: spec.image, userData: spec.userData }] : [];
  const changes = [
    protection.before,
    stop,
    restart.changes,
    live.flatMap((part) => part.changes),
    rebuild,
    start,
    protection.after,
  ].flat();
  return {
    need: need ?? (changes.length > 0 ? 'change' : 'nothing'),
    reasons,
    changes,
    boots: rebuild.length > 0 || start.length > 0,
    userDataLabelStale: disk.length === 0 && have.labels[labelNames.userData] !== spec.userDataFingerprint,
  };
};

const replaceReasons = (spec: ServerSpec, facts: ServerFacts): Reason[] => {
  const reasons: Reason[] = [];
  if (!spec.locations.includes(facts.location))
    reasons.push(reason('location', 'a server cannot move', facts.location, spec.locations.join(' or ')));
  const address = (field: string, has: boolean, wants: boolean): void => {
    if (has !== wants)
      reasons.push(reason(field, 'a public address is given at creation', has ? 'yes' : 'no', wants ? 'yes' : 'no'));
  };
  address('publicIpv4', facts.ipv4 !== null, spec.publicIpv4);
  address('publicIpv6', facts.ipv6 !== null, spec.publicIpv6);
  return reasons;
};

const typesOf = (facts: ServerFacts, { type }: Placement, sight: Sight) =>
  [facts.type, type].map((name) => sight.catalogue?.serverTypes.find((one) => one.name === name));

const otherArchitecture = (facts: ServerFacts, placement: Placement, sight: Sight): Reason[] => {
  const to = typesOf(facts, placement, sight)[1]?.architecture ?? facts.architecture;
  if (to === facts.architecture) return [];
  const why = `${placement.type} is ${to}: a disk cannot change its architecture`;
  return [reason('type', why, facts.type, placement.type)];
};

/**
 * A type change keeps the disk and cannot shrink it (docs.hetzner.cloud, change type). Wiping a disk because somebody
 * made a server larger by hand would be a bad surprise, so that is left to the user.
 */
const smallerDisk = (
  want: Resource<'server'>,
  facts: ServerFacts,
  placement: Placement,
  sight: Sight,
): ServerDifference | undefined => {
  const [from, to] = typesOf(facts, placement, sight);
  if (from === undefined || to === undefined || to.diskGb >= from.diskGb || to.architecture !== from.architecture)
    return undefined;
  const why = `the disk of ${to.name} is smaller, ${to.diskGb} GB instead of ${from.diskGb} GB, and disks cannot shrink`;
  return {
    need: 'nothing',
    reasons: [reason('type', why, from.name, to.name)],
    changes: [],
    boots: false,
    userDataLabelStale: false,
    blockedNext: `add ${from.name} to servers.types, or let its disk be wiped: --replace ${want.address}`,
  };
};

/**
 * User data can't be read back. Its fingerprint is on the `user-data` label and in the state: the state is saved right
 * after a rebuild and before the label is set, so that either of them saying "this is what it booted" is enough.
 */
const rebuildReasons = (
  { spec }: Resource<'server'>,
  { id, labels, facts }: ObservedItem<'server'>,
  remembered: Remembered | undefined,
): Reason[] => {
  const reasons: Reason[] = [];
  if (facts.image !== null && facts.image !== spec.image)
    reasons.push(reason('image', because.differs, facts.image, spec.image));
  const label = labels[labelNames.userData];
  const saved = remembered?.id === id ? remembered.userDataFingerprint : undefined;
  const wanted = spec.userDataFingerprint;
  if (label === wanted || saved === wanted) return reasons;
  const from = label ?? saved;
  // The fingerprint covers the image too: with another image it says nothing about the user data.
  if (reasons.length > 0 && from !== undefined) return reasons;
  return [
    ...reasons,
    from === undefined
      ? reason('userData', 'neither its label nor the state says with which user data it booted', undefined, wanted)
      : reason('userData', 'cloud-init or a template changed, and it runs on the first boot only', from, wanted),
  ];
};

interface Parts {
  readonly reasons: readonly Reason[];
  readonly changes: readonly CloudChange[];
}

/** Both want the server off. The type comes last, because changing it starts the server (docs.hetzner.cloud). */
const restartParts = (spec: ServerSpec, facts: ServerFacts, placement: Placement | undefined, sight: Sight): Parts => {
  const reasons: Reason[] = [];
  const changes: CloudChange[] = [];
  const wanted = spec.placementGroup === undefined ? null : (knownId(spec.placementGroup, sight) ?? undefined);
  if (wanted !== facts.placementGroupId) {
    const from = facts.placementGroupId === null ? 'none' : nameOfId('placement-group', facts.placementGroupId, sight);
    const to =
      wanted === null ? 'none' : wanted === undefined ? 'the new one' : nameOfId('placement-group', wanted, sight);
    reasons.push(reason('placementGroup', 'a server changes its placement group only while off', from, to));
    if (facts.placementGroupId !== null) changes.push({ op: 'remove-from-placement-group' });
    if (spec.placementGroup !== undefined)
      changes.push({ op: 'add-to-placement-group', group: resolveId(spec.placementGroup, sight) });
  }
  if (placement !== undefined && !spec.types.includes(facts.type)) {
    reasons.push(reason('type', `${facts.type} is not in the ladder of types`, facts.type, placement.type));
    changes.push({ op: 'change-type', type: placement.type, upgradeDisk: false });
  }
  return { reasons, changes };
};

const diffNetworkOf = (spec: ServerSpec, facts: ServerFacts, sight: Sight): Parts => {
  const wanted = knownId(spec.network, sight);
  const right = facts.networks.find((network) => network.networkId === wanted && network.ip === spec.privateIp);
  const others = facts.networks.filter((network) => network !== right);
  const reasons = others.map((network) =>
    network.networkId === wanted
      ? reason('privateIp', because.differs, network.ip, spec.privateIp)
      : reason(
          'network',
          'it is in a network that infra.yaml does not name',
          nameOfId('network', network.networkId, sight),
        ),
  );
  const detach = others.map((network): CloudChange => ({ op: 'detach-network', network: Number(network.networkId) }));
  if (right !== undefined) return { reasons, changes: detach };
  if (!others.some((network) => network.networkId === wanted))
    reasons.push(reason('network', 'it is not in its private network', undefined, spec.privateIp));
  return {
    reasons,
    changes: [...detach, { op: 'attach-network', network: resolveId(spec.network, sight), ip: spec.privateIp }],
  };
};

const diffBackups = (spec: ServerSpec, facts: ServerFacts): Parts =>
  spec.backups === facts.backups
    ? { reasons: [], changes: [] }
    : {
        reasons: [reason('backups', because.differs, facts.backups ? 'on' : 'off', spec.backups ? 'on' : 'off')],
        changes: [{ op: 'set-backups', enabled: spec.backups }],
      };

/**
 * A server ordered by a run that was killed before `power-on` is still `initializing` or `off`. One that is on its way
 * somewhere while no Hetzner action holds it is stuck there; switching on a server that is about to run changes nothing.
 */
const needsPower = ({ status, locked }: ServerFacts): boolean =>
  status === 'off' ||
  status === 'stopping' ||
  status === 'initializing' ||
  (!locked && (status === 'starting' || status === 'migrating' || status === 'rebuilding'));

/** Rebuild protection always equals delete protection at Hetzner, so a planned rebuild lifts it for its duration. */
const protectionSteps = (spec: ServerSpec, facts: ServerFacts, rebuilds: boolean) => {
  const plain = diffProtection(spec.deleteProtection, facts.deleteProtection);
  const lift: CloudChange[] =
    rebuilds && (facts.rebuildProtection || facts.deleteProtection) ? [{ op: 'set-protection', delete: false }] : [];
  const restore: CloudChange[] = spec.deleteProtection ? [{ op: 'set-protection', delete: true }] : [];
  return {
    reasons: plain.reasons,
    before: lift,
    after: lift.length > 0 ? restore : plain.changes,
  };
};
