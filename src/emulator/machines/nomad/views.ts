import type { PlacedFault } from '../faults.ts';
import { isoNanos } from '../replies.ts';
import { jobSpecSchema } from '../spec.ts';
import type {
  AllocationRecord,
  ClusterState,
  DeploymentRecord,
  EvaluationRecord,
  JobRecord,
  NodeRecord,
} from '../state.ts';
import { clientStatus, isLive, sickness } from './allocations.ts';
import { nodeStatus, seesConsul } from './placement.ts';
import { latest } from './schedule.ts';
import { courseIn } from './settle.ts';

/* Records as the API shows them (nomad/api structs at v1.9). */
const nanos = (ms: number): number => ms * 1e6;

export const jobStatus = (state: ClusterState, job: JobRecord): 'pending' | 'running' | 'dead' => {
  if (job.stopped) return 'dead';
  return state.allocations.some((one) => one.jobId === job.id && isLive(one)) ? 'running' : 'pending';
};

export const jobView = (state: ClusterState, job: JobRecord) => {
  const version = latest(job);
  return {
    ...version.spec,
    ID: job.id,
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
  const spec = jobSpecSchema.parse(version.spec);
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
    ID: job.id,
    ParentID: '',
    Name: String(version.spec['Name'] ?? job.id),
    Namespace: 'default',
    Datacenters: version.spec['Datacenters'] ?? ['*'],
    NodePool: 'default',
    Multiregion: null,
    ...(withMeta ? { Meta: spec.Meta ?? null } : {}),
    Type: spec.Type,
    Priority: Number(version.spec['Priority'] ?? 50),
    Periodic: false,
    ParameterizedJob: false,
    Stop: job.stopped,
    Status: jobStatus(state, job),
    StatusDescription: '',
    JobSummary: {
      JobID: job.id,
      Namespace: 'default',
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

export const evaluationView = (one: EvaluationRecord) => ({
  ID: one.id,
  Namespace: 'default',
  Type: one.type,
  TriggeredBy: one.triggeredBy,
  JobID: one.jobId,
  JobModifyIndex: one.jobModifyIndex,
  Status: one.status,
  StatusDescription: one.status === 'blocked' ? 'created to place remaining allocations' : '',
  FailedTGAllocs: one.failed,
  CreateIndex: one.createIndex,
  ModifyIndex: one.createIndex,
  CreateTime: nanos(one.createdAt),
});

export const deploymentView = (state: ClusterState, one: DeploymentRecord) => ({
  ID: one.id,
  Namespace: 'default',
  JobID: one.jobId,
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
          RequireProgressBy: isoNanos(one.progressBy),
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

export const nodeView = (node: NodeRecord, now: number) => ({
  ...nodeStub(node, now),
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
    job === undefined
      ? undefined
      : jobSpecSchema.parse((job.versions.find((v) => v.version === one.version) ?? latest(job)).spec);

  const status = course === undefined ? (one.ended ?? 'complete') : clientStatus(one, course, now);
  const startedAt = course?.startedAt ?? one.createdAt;
  const group = spec?.TaskGroups.find((candidate) => candidate.Name === one.group);
  const fault = group === undefined ? undefined : sickness(one, group, faults);
  const events = eventsOf(one, startedAt, course?.decidedAt ?? startedAt, fault, now);
  return {
    ID: one.id,
    Name: `${one.jobId}.${one.group}[${one.index}]`,
    Namespace: 'default',
    NodeID: one.nodeId,
    NodeName: node?.name ?? '',
    JobID: one.jobId,
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

/** The events an operator would read, newest last (client/structs TaskEvent messages). */
const eventsOf = (
  one: AllocationRecord,
  startedAt: number,
  decidedAt: number,
  fault: ReturnType<typeof sickness>,
  now: number,
) => {
  const event = (at: number, type: string, message: string) => ({
    Type: type,
    Time: nanos(at),
    DisplayMessage: message,
    Details: {},
  });
  const all = [
    event(one.createdAt, 'Received', 'Task received by client'),
    event(startedAt, 'Started', 'Task started by client'),
  ];

  if (fault === 'task-crashes') {
    all.push(
      event(
        startedAt + 1_000,
        'Terminated',
        'Exit Code: 1, Exit Message: "Docker container exited with non-zero exit code: 1"',
      ),
    );
    if (one.ended === 'failed')
      all.push(event(one.endedAt ?? now, 'Not Restarting', 'Exceeded allowed attempts, mode is "fail"'));
  }
  if (fault === 'never-healthy' && one.health === false)
    all.push(event(decidedAt, 'Alloc Unhealthy', 'Services not healthy by deadline'));
  if (one.ended === 'complete' && one.endedAt !== null)
    all.push(event(one.endedAt, 'Killed', 'Task successfully killed'));
  return all.filter((entry) => entry.Time <= nanos(now));
};
