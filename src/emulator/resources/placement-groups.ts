import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  createPlacementGroupRequestSchema,
  createPlacementGroupResponseSchema,
  placementGroupSchema,
  updatePlacementGroupRequestSchema,
} from '../../hetzner/wire/placement-groups.ts';
import type { Kit } from '../context.ts';
import { limitExceeded, operationError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { viewPlacementGroup } from '../views.ts';
import { assertUniqueName, checkedName, rowOf, updateNameAndLabels } from './shared.ts';

/** docs.hetzner.com, placement groups: ten servers a group. The real code for the eleventh is not known. */
export const assertRoomInGroup = ({ world, limits }: Kit, groupId: number): void => {
  const group = viewPlacementGroup(world, world.placementGroups.need(groupId));
  if (group.servers.length >= limits.serversPerPlacementGroup)
    throw operationError(
      'placement_error',
      `placement group has reached its limit of ${limits.serversPerPlacementGroup} servers`,
    );
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/placement_groups',
    response: listSchema('placement_groups', placementGroupSchema),
    handle: (context) =>
      list(context, {
        key: 'placement_groups',
        rows: context.world.placementGroups.all(),
        sort: ['id', 'name', 'created'],
        filters: { type: (group, values) => values.includes(group.type) },
        view: (group) => viewPlacementGroup(context.world, group),
      }),
  }),
  route({
    method: 'POST',
    path: '/placement_groups',
    body: createPlacementGroupRequestSchema,
    response: createPlacementGroupResponseSchema,
    handle: ({ world, limits, body, iso }) => {
      const name = checkedName(body.name);
      const labels = checkedLabels(body.labels);
      assertUniqueName(world.placementGroups, name);
      if (world.placementGroups.size >= limits.placementGroups)
        throw limitExceeded('placement group limit exceeded', 'placement_group_limit');
      // --- writes begin ---
      const id = world.placementGroups.nextId();
      const row = { id, name, labels, type: body.type, created: iso(), servers: [] };
      return { placement_group: world.placementGroups.put(id, row), action: null };
    },
  }),
  route({
    method: 'GET',
    path: '/placement_groups/:id',
    response: oneSchema('placement_group', placementGroupSchema),
    handle: (context) => ({
      placement_group: viewPlacementGroup(context.world, rowOf(context.world.placementGroups, context)),
    }),
  }),
  route({
    method: 'PUT',
    path: '/placement_groups/:id',
    body: updatePlacementGroupRequestSchema,
    response: oneSchema('placement_group', placementGroupSchema),
    handle: (context) => {
      const group = rowOf(context.world.placementGroups, context);
      updateNameAndLabels(context.world.placementGroups, group, context.body);
      return { placement_group: viewPlacementGroup(context.world, group) };
    },
  }),
  // Servers in it simply leave it.
  route({
    method: 'DELETE',
    path: '/placement_groups/:id',
    handle: ({ world, ...context }) => {
      const group = rowOf(world.placementGroups, { world, ...context });
      // --- writes begin ---
      for (const server of viewPlacementGroup(world, group).servers) {
        const facts = world.serverFacts.get(server);
        if (facts !== undefined) facts.placementGroup = null;
      }
      world.placementGroups.delete(group.id);
      return null;
    },
  }),
];
