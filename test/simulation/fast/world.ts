import { createHash } from 'node:crypto';
import type { Environment } from '../../../src/domain/environment.ts';
import { createMemoryRecovery, type MemoryRecovery } from '../../support/memory-recovery.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { type EnvironmentName, environmentNames, environments } from './project.ts';
import type { Run } from './run.ts';
import { type Bucket, createBucket } from './store.ts';
import { createThings, type Things } from './things.ts';
import { createTimeline, startOfTime, type Timeline } from './time.ts';
import { createWitness, somebody, type Witness } from './witness.ts';

/** One safeguard that is off, to see that its absence is found. */
export const sabotages = ['no-lease', 'no-fence', 'no-lookup', 'no-labels'] as const;
export type Sabotage = (typeof sabotages)[number];

export interface World {
  readonly timeline: Timeline;
  readonly things: Things;
  readonly bucket: Bucket;
  readonly witness: Witness;
  readonly clusters: ReadonlyMap<EnvironmentName, Cluster>;
  /** Two machines that runs start on; a recovery file lies on one of them. */
  readonly machines: readonly MemoryRecovery[];
  /** What infra.yaml says, for runs that begin from now on. */
  readonly wanted: Map<EnvironmentName, Environment>;
  readonly runs: Run[];
  readonly sabotage: Sabotage | undefined;
  cloudAwayUntil: number;
  /** Store or cloud, or it was within the last half minute. */
  isAway(): boolean;
  soldOut: readonly string[];
  readonly faults: Map<string, number>;
  met(fault: string): void;
  readonly story: string[];
  tell(line: string): void;
  /** Of all that happened. */
  hash(): string;
}

export const createWorld = (sabotage?: Sabotage): World => {
  const timeline = createTimeline();
  const things = createThings(timeline.now);
  const hash = createHash('sha256');
  const trace = (line: string): void => void hash.update(`${timeline.now()} ${line}\n`);
  const faults = new Map<string, number>();
  const story: string[] = [];
  const witness = createWitness(things, timeline.now, trace);
  const world: World = {
    timeline,
    things,
    bucket: createBucket(),
    witness,
    clusters: new Map(environmentNames.map((name) => [name, createCluster()])),
    machines: [createMemoryRecovery(), createMemoryRecovery()],
    wanted: new Map(environmentNames.map((name) => [name, environments[name]])),
    runs: [],
    sabotage,
    cloudAwayUntil: 0,
    isAway: () => timeline.now() < 30_000 + Math.max(world.bucket.awayUntil, world.cloudAwayUntil),
    soldOut: [],
    faults,
    met: (fault) => {
      faults.set(fault, (faults.get(fault) ?? 0) + 1);
      trace(fault);
    },
    story,
    tell: (line) => {
      story.push(`${String(Math.round((timeline.now() - startOfTime) / 1000)).padStart(6)} s  ${line}`);
      trace(line);
    },
    hash: () => hash.copy().digest('hex').slice(0, 16),
  };
  plantStrangers(world);
  return world;
};

/** Somebody else works in the same Hetzner project, without labels of ours. */
const plantStrangers = ({ things, witness }: World): void => {
  const plant = (kind: 'server' | 'firewall' | 'network', name: string, facts: unknown): void => {
    const { id } = things.plant(kind, name, { team: 'office' }, facts);
    witness.makers.set(`${kind}/${id}`, somebody);
  };
  plant('firewall', 'office', { rules: [], labelSelectors: [] });
  plant('network', 'office', { range: '10.9.0.0/16', subnets: [], routes: [], deleteProtection: false });
  const placed = { status: 'running', type: 'cx23', architecture: 'x86', location: 'nbg1', image: 'debian-12' };
  const attached = { networks: [], firewallIds: [], placementGroupId: null, ipv4: '198.51.100.250', ipv6: null };
  const flags = { backups: false, deleteProtection: false, rebuildProtection: false, locked: false, volumeIds: [] };
  plant('server', 'office-1', { ...placed, ...attached, ...flags });
};
