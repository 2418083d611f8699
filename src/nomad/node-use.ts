import { z } from 'zod';
import type { ObservedNode } from '../domain/observation.ts';
import type { NodeUse } from '../ports/job-scheduler.ts';
import type { NomadHttp } from './http.ts';

const onNodeSchema = z.array(z.object({ Namespace: z.string(), ClientStatus: z.string() })).nullable();

const ended: readonly string[] = ['complete', 'failed', 'lost'];

/**
 * What ran of previews on each node. Nomad keeps what has ended for an hour or more, of namespaces that are gone too
 * (seen on a real 1.9.7); a wiped server comes back as another node, which has run nothing.
 */
export const nodeUse = (http: NomadHttp, nodes: readonly ObservedNode[]): Promise<readonly NodeUse[]> =>
  Promise.all(
    nodes.map(async ({ id, name }) => {
      const { body } = await http.ask('GET', `/v1/node/${id}/allocations`, onNodeSchema);
      const ofPreviews = (body ?? []).filter((one) => one.Namespace !== 'default');
      const busy = ofPreviews.some((one) => !ended.includes(one.ClientStatus));
      return { node: name, busy, used: ofPreviews.length > 0 };
    }),
  );
