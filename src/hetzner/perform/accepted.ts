import { z } from 'zod';
import type { AnyObservedItem } from '../../domain/observation.ts';
import type { Accepted } from '../../ports/cloud-api.ts';
import { parseBody } from '../parse.ts';
import type { ApiRequest } from '../request.ts';
import { type Action, actionSchema } from '../wire/actions.ts';

/** Where an answer keeps its actions: one, several (firewalls), and those that follow a create. Networks and keys have none. */
const carrierSchema = z.object({
  action: actionSchema.nullish(),
  actions: z.array(actionSchema).nullish(),
  next_actions: z.array(actionSchema).nullish(),
});

/** Ids still worth waiting for: cheap actions come back already done (load balancer services, protections). */
export const actionIdsOf = (body: unknown, request: ApiRequest): readonly number[] => {
  // DELETE of most kinds answers 204 without a body; PUT answers with the object alone.
  if (body === undefined) return [];
  const { action, actions, next_actions } = parseBody(carrierSchema, body, request);
  const all: readonly Action[] = [...(action ? [action] : []), ...(actions ?? []), ...(next_actions ?? [])];
  return all.filter(({ status }) => status !== 'success').map(({ id }) => id);
};

/** What a create made, read like a listed item. */
export const acceptedCreate = (item: AnyObservedItem, actionIds: readonly number[]): Accepted => ({
  id: item.id,
  createdAt: item.createdAt,
  actionIds,
  outputs: outputsOf(item),
});

const outputsOf = ({ kind, facts }: AnyObservedItem): Readonly<Record<string, string>> => {
  if (kind !== 'server' && kind !== 'load-balancer') return {};
  const { ipv4, ipv6 } = facts as { readonly ipv4: string | null; readonly ipv6: string | null };
  return { ...(ipv4 === null ? {} : { ipv4 }), ...(ipv6 === null ? {} : { ipv6 }) };
};
