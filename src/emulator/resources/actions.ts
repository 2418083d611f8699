import type { Action } from '../../hetzner/wire/actions.ts';
import { actionResponseSchema, actionSchema, actionsResponseSchema } from '../../hetzner/wire/actions.ts';
import { listSchema } from '../../hetzner/wire/common.ts';
import type { Context } from '../context.ts';
import { invalidInput, notFound } from '../errors.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';

/** Sort fields and filters of every listing of actions; docs.hetzner.cloud, actions. */
const page = (context: Context<unknown>, rows: readonly Action[]): Record<string, unknown> =>
  list(context, {
    key: 'actions',
    rows,
    sort: ['id', 'command', 'status', 'started', 'finished'],
    filters: {
      id: (action, values) => values.includes(String(action.id)),
      status: (action, values) => values.includes(action.status),
    },
  });
const actionOf = (context: Context<unknown>, id: string | undefined): Action => context.world.actions.need(Number(id));
const touches = (action: Action, type: string, id?: number): boolean =>
  action.resources.some((resource) => resource.type === type && (id === undefined || resource.id === id));

export const actionsOfAll: readonly Route[] = [
  route({
    method: 'GET',
    path: '/actions',
    response: actionsResponseSchema,
    // Listing everything is gone since 2025-01-30; ids that don't exist are left out; there is no meta.
    handle: (context) => {
      const ids = context.query.getAll('id');
      if (ids.length === 0) throw invalidInput({ id: ['Missing data for required field.'] });
      const known = [...new Set(ids)].map((id) => context.world.actions.get(Number(id)));
      const rows = known.filter((action) => action !== undefined);
      const query = new URLSearchParams(context.query);
      for (const name of ['page', 'per_page', 'id']) query.delete(name);
      const limits = { ...context.limits, perPageMax: rows.length + 1, perPageDefault: rows.length + 1 };
      return { actions: page({ ...context, query, limits }, rows)['actions'] };
    },
  }),
  route({
    method: 'GET',
    path: '/actions/:id',
    response: actionResponseSchema,
    handle: (context) => ({ action: actionOf(context, context.params['id']) }),
  }),
];

/**
 * The four listings of one kind's actions. `path`: `/servers`; `type`: as actions name it, `server`; `idOf` turns the
 * path's id (or name) into the id of an existing object, or throws not_found.
 */
export const actionRoutes = (
  path: string,
  type: string,
  idOf: (context: Context<unknown>, id: string) => number,
): readonly Route[] => [
  route({
    method: 'GET',
    path: `${path}/actions`,
    response: listSchema('actions', actionSchema),
    handle: (context) =>
      page(
        context,
        context.world.actions.all().filter((action) => touches(action, type)),
      ),
  }),
  route({
    method: 'GET',
    path: `${path}/actions/:action_id`,
    response: actionResponseSchema,
    handle: (context) => {
      const action = actionOf(context, context.params['action_id']);
      if (!touches(action, type)) throw notFound('action', action.id);
      return { action };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/:id/actions`,
    response: listSchema('actions', actionSchema),
    handle: (context) => {
      const id = idOf(context, context.params['id'] ?? '');
      const rows = context.world.actions.all().filter((action) => touches(action, type, id));
      return page(context, rows);
    },
  }),
  // Deprecated since 2026-04-30, still there.
  route({
    method: 'GET',
    path: `${path}/:id/actions/:action_id`,
    response: actionResponseSchema,
    handle: (context) => {
      const id = idOf(context, context.params['id'] ?? '');
      const action = actionOf(context, context.params['action_id']);
      if (!touches(action, type, id)) throw notFound('action', action.id);
      return { action };
    },
  }),
];
