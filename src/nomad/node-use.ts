import { z } from 'zod';
import type { ObservedNode } from '../domain/observation.ts';
import type { NodeUse } from '../ports/job-scheduler.ts';
import { type NomadHttp, NomadRefusal } from './http.ts';

/*
 * Which nodes previews have been on. With a job that is purged Nomad forgets its allocations at once (seen on a real
 * 1.9.7), so it is written down while they are there: a variable for each node, by the node's id. A wiped server comes
 * back as another node, which nothing is written of.
 */
const prefix = 'reconcile/used/';

const placedSchema = z.array(z.object({ NodeID: z.string() }));

/** `inside`: of the preview's namespace. */
export const markUsed = async (http: NomadHttp, inside: NomadHttp, jobId: string): Promise<void> => {
  const { body } = await inside.ask('GET', `/v1/job/${encodeURIComponent(jobId)}/allocations`, placedSchema);
  for (const node of new Set(body.map(({ NodeID: id }) => id)))
    try {
      const items = { Items: { by: jobId } };
      await http.ask('PUT', `/v1/var/${prefix}${node}?cas=0`, z.unknown(), { body: items });
    } catch (error) {
      // It is written already.
      if (!(error instanceof NomadRefusal) || error.status !== 409) throw error;
    }
};

const onNodeSchema = z.array(z.object({ Namespace: z.string(), ClientStatus: z.string() })).nullable();
const ended: readonly string[] = ['complete', 'failed', 'lost'];

export const nodeUse = async (http: NomadHttp, nodes: readonly ObservedNode[]): Promise<readonly NodeUse[]> => {
  const { body: marks } = await http.ask('GET', `/v1/vars?prefix=${prefix}`, z.array(z.object({ Path: z.string() })));
  const used = new Set(marks.map(({ Path: path }) => path.slice(prefix.length)));
  return Promise.all(
    nodes.map(async ({ id, name }) => {
      const { body } = await http.ask('GET', `/v1/node/${id}/allocations`, onNodeSchema);
      const busy = (body ?? []).some((one) => one.Namespace !== 'default' && !ended.includes(one.ClientStatus));
      return { node: name, busy, used: busy || used.has(id) };
    }),
  );
};
