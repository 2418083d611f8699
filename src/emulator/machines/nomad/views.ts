import type { PlacedFault } from '../faults.ts';
import { isoNanos } from '../replies.ts';
import { type GroupSpec, specOf } from '../spec.ts';
import type {
  AllocationRecord,
  ClusterState,
  DeploymentRecord,
  EvaluationRecord,
  JobRecord,
  NodeRecord,
} from '../state.ts';
import { clientStatus, isLive, mayReschedule, sickness } from './allocations.ts';
import { idOf, namespaceOf } from './keys.ts';
import { nodeStatus, seesConsul } from './placement.ts';
import { latest } from './schedule.ts';
import { courseIn } from './settle.ts';

/* Records as the API shows them (nomad/api structs at v1.9). */
/** How Go writes a time that was never set. */
const noTime = '0001-01-01T00:00:00Z';
const nanos = (ms: number): number => ms * 1e6;

export const jobStatus = (state: ClusterState, job: JobRecord): 'pending' | 'running' | 'dead' => {
  if (job.stopped || isOver(state, job)) return 'dead';
  return state.allocations.some((one) => one.jobId === job.id && isLive(one)) ? 'running' : 'pending';
};

/** A batch job is dead when its tasks have ended, for good or ill. */
const isOver = (state: ClusterState, job: JobRecord): boolean => {
  const version = latest(job);
  const spec = specOf(version.spec);
  if (spec.Type !== 'batch') return false;
  return spec.TaskGroups.every((group) => {
    const own = state.allocations.filter(
      (one) => one.jobId === job.id && one.group === group.Name && one.version === version.version,
    );
    const ended = own.filter(
      (one) => one.ended === 'complete' || (one.ended === 'failed' && !mayReschedule(one, group, 'batch')),
    );
    return own.length > 0 && ended.length >= group.Count;
  });
};

export const jobView = (state: ClusterState, job: JobRecord) => {
  const version = latest(job);
  return {
    ...version.spec,
    Datacenters: version.spec['Datacenters'] ?? ['*'],
    ID: idOf(job.id),
    Namespace: namespaceOf(job.id),
    Status: jobStatus(state, job),
    StatusDescription: '',
    Stop: job.stopped,
    Stable: version.stable,
    Version: version.version,
    SubmitTime: nanos(version.submittedAt),
    CreateIndex: job.createIndex,
    ModifyIndex: version.modifyIndex,
    JobModifyIndex: version.modifyIndex,
  };
};

export const jobStub = (
  state: ClusterState,
  job: JobRecord,
  faults: readonly PlacedFault[],
  now: number,
  withMeta: boolean,
) => {
  const version = latest(job);
  const spec = specOf(version.spec);
  const groups = spec.TaskGroups.map((group) => {
    const all = state.allocations.filter((one) => one.jobId === job.id && one.group === group.Name);
    const status = (one: AllocationRecord): string => {
      const course = courseIn(state, one, faults);
      return course === undefined ? (one.ended ?? 'pending') : clientStatus(one, course, now);
    };
    const count = (wanted: string): number => all.filter((one) => status(one) === wanted).length;
    const queued = job.stopped ? 0 : Math.max(0, group.Count - all.filter(isLive).length);
    return [
      group.Name,
      {
        Queued: queued,
        Complete: count('complete'),
        Failed: count('failed'),
        Running: count('running'),
        Starting: count('pending'),
        Lost: count('lost'),
        Unknown: 0,
      },
    ];
  });
  return {
    ID: idOf(job.id),
    ParentID: '',
    Name: String(version.spec['Name'] ?? idOf(job.id)),
    Namespace: namespaceOf(job.id),
    Datacenters: version.spec['Datacenters'] ?? ['*'],
    NodePool: 'default',
    Multiregion: null,
    ...(withMeta && spec.Meta != null ? { Meta: spec.Meta } : {}),
    Type: spec.Type,
    Priority: Number(version.spec['Priority'] ?? 50),
    Periodic: false,
    ParameterizedJob: false,
    Stop: job.stopped,
    Status: jobStatus(state, job),
    StatusDescription: '',
    JobSummary: {
      JobID: idOf(job.id),
      Namespace: namespaceOf(job.id),
      Summary: Object.fromEntries(groups),
      Children: { Pending: 0, Running: 0, Dead: 0 },
      CreateIndex: job.createIndex,
      ModifyIndex: version.modifyIndex,
    },
    CreateIndex: job.createIndex,
    ModifyIndex: version.modifyIndex,
    JobModifyIndex: version.modifyIndex,
    SubmitTime: nanos(version.submittedAt),
  };
};

/** Without trouble there is nothing to say of it. */
export const evaluationView = (one: EvaluationRecord) => ({
  ID: one.id,
  Namespace: namespaceOf(one.jobId),
  Type: one.type,
  TriggeredBy: one.triggeredBy,
  JobID: idOf(one.jobId),
  JobModifyIndex: one.jobModifyIndex,
  Status: one.status,
  ...(one.status === 'blocked' ? { StatusDescription: 'created to place remaining allocations' } : {}),
  ...(one.failed === null ? {} : { FailedTGAllocs: one.failed }),
  CreateIndex: one.createIndex,
  ModifyIndex: one.createIndex,
  CreateTime: nanos(one.createdAt),
});

export const deploymentView = (state: ClusterState, one: DeploymentRecord) => ({
  ID: one.id,
  Namespace: namespaceOf(one.jobId),
  JobID: idOf(one.jobId),
  JobVersion: one.jobVersion,
  JobModifyIndex: one.createIndex,
  JobCreateIndex: one.jobCreateIndex,
  Status: one.status,
  StatusDescription: one.description,
  TaskGroups: Object.fromEntries(
    Object.entries(one.groups).map(([name, group]) => {
      const own = state.allocations.filter((alloc) => alloc.deploymentId === one.id && alloc.group === name);
      return [
        name,
        {
          Promoted: group.promoted,
          DesiredCanaries: group.canaries,
          PlacedAllocs: own.length,
          HealthyAllocs: own.filter((alloc) => alloc.health === true).length,
          UnhealthyAllocs: own.filter((alloc) => alloc.health === false).length,
          RequireProgressBy: one.progressBy === Number.MAX_SAFE_INTEGER ? noTime : isoNanos(one.progressBy),
        },
      ];
    }),
  ),
  CreateIndex: one.createIndex,
  ModifyIndex: one.createIndex,
});

export const nodeStub = (node: NodeRecord, now: number) => ({
  ID: node.id,
  Name: node.name,
  Address: node.ip,
  Datacenter: 'dc1',
  NodeClass: '',
  NodePool: 'default',
  Version: '1.9.7',
  Drain: false,
  SchedulingEligibility: node.eligible ? 'eligible' : 'ineligible',
  Status: nodeStatus(node, now),
  StatusDescription: nodeStatus(node, now) === 'down' ? 'heartbeat missed' : '',
  CreateIndex: node.createIndex,
  ModifyIndex: node.createIndex,
});

export const nodeView = (node: NodeRecord, now: number) => {
  const { Address: _address, Version: _version, ...stub } = nodeStub(node, now);
  return { ...stub, HTTPAddr: `${node.ip}:4646`, TLSEnabled: true, ...attributesOf(node, now) };
};

const attributesOf = (node: NodeRecord, now: number) => ({
  Attributes: {
    'nomad.version': '1.9.7',
    'driver.docker': '1',
    'unique.hostname': node.name,
    'unique.network.ip-address': node.ip,
    ...(seesConsul(node, now)
      ? { 'consul.version': '1.20.1', 'consul.server': 'true', 'unique.consul.name': node.name }
      : {}),
  },
  NodeResources: { Cpu: { CpuShares: node.cpuMhz }, Memory: { MemoryMB: node.memoryMb } },
});

export const allocationView = (
  state: ClusterState,
  one: AllocationRecord,
  faults: readonly PlacedFault[],
  now: number,
) => {
  const node = state.nodes.find((candidate) => candidate.id === one.nodeId);
  const course = courseIn(state, one, faults);
  const job = state.jobs.find((candidate) => candidate.id === one.jobId);
  const spec =
    job === undefined ? undefined : specOf((job.versions.find((v) => v.version === one.version) ?? latest(job)).spec);

  const status = course === undefined ? (one.ended ?? 'complete') : clientStatus(one, course, now);
  const startedAt = course?.startedAt ?? one.createdAt;
  const group = spec?.TaskGroups.find((candidate) => candidate.Name === one.group);
  const fault = group === undefined ? undefined : sickness(one, group, faults);
  const events = eventsOf(one, group, { startedAt, decidedAt: course?.decidedAt ?? startedAt, fault, now });
  return {
    ID: one.id,
    Name: `${idOf(one.jobId)}.${one.group}[${one.index}]`,
    Namespace: namespaceOf(one.jobId),
    NodeID: one.nodeId,
    NodeName: node?.name ?? '',
    JobID: idOf(one.jobId),
    JobType: spec?.Type ?? 'service',
    JobVersion: one.version,
    TaskGroup: one.group,
    DeploymentID: one.deploymentId ?? '',
    DesiredStatus: one.desired,
    ClientStatus: status,
    DeploymentStatus:
      one.health === null
        ? null
        : {
            Healthy: one.health,
            Timestamp: isoNanos(course?.decidedAt ?? now),
            Canary: one.canary,
            ModifyIndex: one.createIndex,
          },
    TaskStates: Object.fromEntries(
      (group?.Tasks ?? []).map((task) => [
        task.Name,
        {
          State: status === 'pending' || status === 'running' ? status : 'dead',
          Failed: one.ended === 'failed',
          StartedAt: now < startedAt ? null : isoNanos(startedAt),
          FinishedAt: one.endedAt === null ? null : isoNanos(one.endedAt),
          Events: events,
        },
      ]),
    ),
    CreateIndex: one.createIndex,
    ModifyIndex: one.createIndex,
    CreateTime: nanos(one.createdAt),
    ModifyTime: nanos(one.endedAt ?? one.createdAt),
  };
};

/** A list leaves some of it out. */
export const allocationStub = (...what: Parameters<typeof allocationView>) => {
  const { DeploymentID: _deployment, ...stub } = allocationView(...what);
  return stub;
};

interface Moment {
  readonly startedAt: number;
  readonly decidedAt: number;
  readonly fault: ReturnType<typeof sickness>;
  readonly now: number;
}

/** The events an operator would read, oldest first, in the words of a real 1.9.7. */
const eventsOf = (one: AllocationRecord, group: GroupSpec | undefined, moment: Moment) => {
  const { startedAt, decidedAt, fault, now } = moment;
  const all = [
    event(one.createdAt, 'Received', 'Task received by client'),
    event(one.createdAt, 'Task Setup', 'Building Task Directory'),
    event(startedAt, 'Started', 'Task started by client'),
  ];
  if (fault === 'task-crashes') {
    const exit = 'Exit Code: 1, Exit Message: "Docker container exited with non-zero exit code: 1"';
    const policy = group?.RestartPolicy;
    const bound = `${policy?.Attempts ?? 2} in interval ${goDuration(policy?.Interval ?? 1800e9)}`;
    all.push(event(startedAt + 1_000, 'Terminated', exit));
    if (one.ended === 'failed')
      all.push(event(one.endedAt ?? now, 'Not Restarting', `Exceeded allowed attempts ${bound} and mode is "fail"`));
  }
  if (one.health === false && group !== undefined) {
    const { MinHealthyTime: time, HealthyDeadline: deadline } = group.Update;
    const late = `Task not running for min_healthy_time of ${goDuration(time)} by healthy_deadline of ${goDuration(deadline)}`;
    all.push(event(decidedAt, 'Alloc Unhealthy', fault === 'task-crashes' ? 'Unhealthy because of failed task' : late));
  }
  if (one.ended === 'complete' && one.endedAt !== null && one.desired === 'run')
    all.push(event(one.endedAt, 'Terminated', 'Exit Code: 0'));
  else if (one.ended === 'complete' && one.endedAt !== null)
    all.push(
      event(one.endedAt, 'Killing', 'Sent interrupt.'),
      event(one.endedAt, 'Killed', 'Task successfully killed'),
    );
  return all.filter((entry) => entry.Time <= nanos(now));
};

const event = (at: number, type: string, message: string) => ({
  Type: type,
  Time: nanos(at),
  DisplayMessage: message,
  Details: {},
});

/** Nanoseconds as Go prints them: `10s`, `3m0s`, `1h0m0s`. */
const goDuration = (ns: number): string => {
  const total = ns / 1e9;
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  return `${hours > 0 ? `${hours}h` : ''}${total >= 60 ? `${minutes}m` : ''}${rest}s`;
};
