import { type Answer, plainText } from '../replies.ts';
import { specOf } from '../spec.ts';
import { clientStatus, sickness } from './allocations.ts';
import type { NomadDeps } from './route.ts';
import { groupOf } from './schedule.ts';
import { courseIn } from './settle.ts';

/** What a task wrote: nothing while it is well, a line on stderr when it crashes. Texts of refusals as a real 1.9.7 words them. */
export const taskLog = ({ cluster, faults, now }: NomadDeps, id: string, query: URLSearchParams): Answer => {
  const allocation = cluster.allocations.find((one) => one.id === id);
  const job = cluster.jobs.find((one) => one.id === allocation?.jobId);
  const version = job?.versions.find((one) => one.version === allocation?.version);
  if (allocation === undefined || version === undefined) return plainText('alloc not found', 404);
  const group = groupOf(version, allocation.group);
  const task = query.get('task') ?? '';
  if (group === undefined || !group.Tasks.some((one) => one.Name === task))
    return plainText(`unknown task name ${JSON.stringify(task)}`, 404);
  const course = courseIn(cluster, allocation, faults);
  if (course === undefined || clientStatus(allocation, course, now) === 'pending')
    return plainText(`task ${JSON.stringify(task)} not started yet. No logs available`, 404);
  const crashes = sickness(allocation, group, faults) === 'task-crashes' && query.get('type') === 'stderr';
  return plainText(crashes ? `${specOf(version.spec).ID}: it can't start\n` : '', 200);
};
