import type { Action, ActionResource } from '../../hetzner/wire/actions.ts';
import { actionsResponseSchema } from '../../hetzner/wire/actions.ts';
import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  applyFirewallRequestSchema,
  createFirewallRequestSchema,
  createFirewallResponseSchema,
  type Firewall,
  type FirewallResource,
  type FirewallRule,
  firewallSchema,
  removeFirewallRequestSchema,
  setFirewallRulesRequestSchema,
  updateFirewallRequestSchema,
} from '../../hetzner/wire/firewalls.ts';
import type { Context, Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { limitExceeded, resourceInUse } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { checkedRules } from './firewall-rules.ts';
import { assertAppliable, assertRemovable, firewallView, isSameResource } from './firewall-targets.ts';
import { assertUniqueName, checkedName, rowOf, updateNameAndLabels } from './shared.ts';

const setRules = effectKind('firewall.set_rules', (kit, data: { id: number; rules: FirewallRule[] }) => {
  const firewall = kit.world.firewalls.get(data.id);
  if (firewall !== undefined) firewall.rules = data.rules;
});
type Membership = { id: number; resource: FirewallResource };
const apply = effectKind('firewall.apply', (kit, { id, resource }: Membership) => {
  kit.world.firewalls.get(id)?.applied_to.push(resource);
});
const remove = effectKind('firewall.remove', (kit, { id, resource }: Membership) => {
  const firewall = kit.world.firewalls.get(id);
  if (firewall === undefined) return;
  firewall.applied_to = firewall.applied_to.filter((entry) => !isSameResource(entry, resource));
});
export const effects = [setRules, apply, remove];

const self = (id: number): ActionResource => ({ id, type: 'firewall' });
/** Only what names the resource: a body may carry more. */
const bare = (resource: FirewallResource): FirewallResource =>
  resource.type === 'server'
    ? { type: 'server', ...(resource.server === undefined ? {} : { server: { id: resource.server.id } }) }
    : { type: 'label_selector', label_selector: { selector: resource.label_selector?.selector ?? '' } };

const startMembership = (
  { actions }: Kit,
  id: number,
  command: 'apply_firewall' | 'remove_firewall',
  resource: FirewallResource,
): Action => {
  const server = resource.server === undefined ? [] : [{ id: resource.server.id, type: 'server' }];
  const kind = command === 'apply_firewall' ? apply : remove;
  const effect = kind.of({ id, resource: bare(resource) });
  return actions.start({ command, resources: [...server, self(id)], locks: [self(id)], effect });
};

const create = (context: Context<ReturnType<typeof createFirewallRequestSchema.parse>>) => {
  const { world, body, actions, limits } = context;
  const name = checkedName(body.name);
  assertUniqueName(world.firewalls, name);
  const labels = checkedLabels(body.labels);
  const rules = checkedRules(body.rules ?? []);
  const targets = body.apply_to ?? [];
  for (const target of targets) assertAppliable(context, undefined, target);
  // docs.hetzner.com, firewalls: 50 per project.
  if (world.firewalls.size >= limits.firewalls) throw limitExceeded('firewall limit exceeded', 'firewall_limit');
  // --- writes begin ---
  const id = world.firewalls.nextId();
  const firewall = world.firewalls.put(id, { id, name, labels, created: context.iso(), rules, applied_to: [] });
  const ruled =
    rules.length === 0
      ? []
      : [actions.start({ command: 'set_firewall_rules', resources: [self(id)], effect: setRules.of({ id, rules }) })];
  const applied = targets.map((target) => startMembership(context, id, 'apply_firewall', target));
  return { firewall: firewallView(context, firewall), actions: [...ruled, ...applied] };
};

/** While a change runs another one answers `conflict` (docs.hetzner.cloud, firewalls). */
const freeFirewall = (context: Context<unknown>): Firewall => {
  const firewall = rowOf(context.world.firewalls, context);
  context.actions.assertFree('firewall', firewall.id);
  return firewall;
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/firewalls',
    response: listSchema('firewalls', firewallSchema),
    handle: (context) =>
      list(context, {
        key: 'firewalls',
        rows: context.world.firewalls.all(),
        sort: ['id', 'name', 'created'],
        view: (firewall) => firewallView(context, firewall),
      }),
  }),
  route({
    method: 'POST',
    path: '/firewalls',
    body: createFirewallRequestSchema,
    response: createFirewallResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/firewalls/:id',
    response: oneSchema('firewall', firewallSchema),
    handle: (context) => ({ firewall: firewallView(context, rowOf(context.world.firewalls, context)) }),
  }),
  route({
    method: 'PUT',
    path: '/firewalls/:id',
    body: updateFirewallRequestSchema,
    response: oneSchema('firewall', firewallSchema),
    handle: (context) => {
      const firewall = rowOf(context.world.firewalls, context);
      updateNameAndLabels(context.world.firewalls, firewall, context.body);
      return { firewall: firewallView(context, firewall) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/firewalls/:id',
    handle: (context) => {
      const firewall = freeFirewall(context);
      // `firewall with ID N is still in use` (hcloud cli test/e2e/firewall_test.go).
      if (firewall.applied_to.length > 0) throw resourceInUse(`firewall with ID ${firewall.id} is still in use`);
      // --- writes begin ---
      context.world.firewalls.delete(firewall.id);
      return null;
    },
  }),
  route({
    method: 'POST',
    path: '/firewalls/:id/actions/set_rules',
    body: setFirewallRulesRequestSchema,
    response: actionsResponseSchema,
    handle: (context) => {
      const { id } = freeFirewall(context);
      const rules = checkedRules(context.body.rules);
      // --- writes begin ---
      const effect = setRules.of({ id, rules });
      return { actions: [context.actions.start({ command: 'set_firewall_rules', resources: [self(id)], effect })] };
    },
  }),
  route({
    method: 'POST',
    path: '/firewalls/:id/actions/apply_to_resources',
    body: applyFirewallRequestSchema,
    response: actionsResponseSchema,
    handle: (context) => {
      const firewall = freeFirewall(context);
      for (const target of context.body.apply_to) assertAppliable(context, firewall, target);
      // --- writes begin ---
      return {
        actions: context.body.apply_to.map((target) => startMembership(context, firewall.id, 'apply_firewall', target)),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/firewalls/:id/actions/remove_from_resources',
    body: removeFirewallRequestSchema,
    response: actionsResponseSchema,
    handle: (context) => {
      const firewall = freeFirewall(context);
      for (const target of context.body.remove_from) assertRemovable(context, firewall, target);
      // --- writes begin ---
      const { remove_from } = context.body;
      return {
        actions: remove_from.map((target) => startMembership(context, firewall.id, 'remove_firewall', target)),
      };
    },
  }),
  ...actionRoutes('/firewalls', 'firewall', (context) => rowOf(context.world.firewalls, context).id),
];
