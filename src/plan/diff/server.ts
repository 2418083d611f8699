import { labelNames } from '../../domain/labels.ts';
import type { ObservedItem, ServerFacts } from '../../domain/observation.ts';
import type { CloudChange, Reason } from '../../domain/plan.ts';
import type { Resource, ServerSpec } from '../../domain/resource.ts';
import type { Remembered } from '../../domain/statefile.ts';
import { because, reason } from '../describe.ts';
import type { Sight } from '../sight.ts';
import { diffProtection } from './network.ts';
import { diffBackups, diffServerNetwork, restartParts } from './server-parts.ts';
import { otherArchitecture, smallerDisk } from './server-type.ts';

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
  /** Why it is wiped though nothing about it differs. */
  asked: readonly Reason[] = [],
): ServerDifference => {
  const { spec } = want;
  const { facts } = have;
  const replace = replaceReasons(spec, facts);
  const placement = spec.types.includes(facts.type) ? undefined : sight.placementOf(want.address);
  const disk = placement === undefined ? undefined : smallerDisk(facts, placement, sight);
  if (replace.length === 0 && disk !== undefined)
    return {
      need: 'nothing',
      reasons: [disk],
      changes: [],
      boots: false,
      userDataLabelStale: false,
      blockedNext: `add ${facts.type} to servers.types, or let it be wiped: --replace ${want.address}`,
    };
  if (placement !== undefined) replace.push(...otherArchitecture(facts, placement, sight));
  if (replace.length > 0)
    return { need: 'replace', reasons: replace, changes: [], boots: true, userDataLabelStale: false };
  const wipe = [...asked, ...rebuildReasons(want, have, remembered)];
  const restart = restartParts(spec, facts, placement, sight);
  const live = [diffServerNetwork(spec, facts, sight), diffBackups(spec, facts)];
  const off = needsPower(facts);
  const reasons = [wipe, restart.reasons, ...live.map((part) => part.reasons)].flat();
  if (off) reasons.push(reason('power', `the server is ${facts.status}`, facts.status, 'running'));
  const need = wipe.length > 0 ? 'rebuild' : restart.changes.length > 0 ? 'restart' : undefined;
  const protection = protectionSteps(spec, facts, need === 'rebuild');
  reasons.push(...protection.reasons);
  const stop: CloudChange[] = restart.changes.length > 0 && facts.status !== 'off' ? [{ op: 'power-off' }] : [];
  const start: CloudChange[] = off || restart.changes.length > 0 ? [{ op: 'power-on' }] : [];
  const rebuild: CloudChange[] = wipe.length > 0 ? [{ op: 'rebuild', image: spec.image, userData: spec.userData }] : [];
  // Live ones first: they take nothing away, and a server cut off its network comes back before it is waited for.
  const changes = [
    live.flatMap((part) => part.changes),
    protection.before,
    stop,
    restart.changes,
    rebuild,
    start,
    protection.after,
  ].flat();
  return {
    need: need ?? (changes.length > 0 ? 'change' : 'nothing'),
    reasons,
    changes,
    boots: rebuild.length > 0 || start.length > 0,
    userDataLabelStale: wipe.length === 0 && have.labels[labelNames.userData] !== spec.userDataFingerprint,
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
