import type { Firewall, FirewallAppliedTo, FirewallResource } from '../../hetzner/wire/firewalls.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import type { Kit } from '../context.ts';
import { invalidInput, limitExceeded, operationError } from '../errors.ts';
import { labelSelector } from '../labels.ts';
import type { World } from '../world.ts';

/** Firewalls act on the public interface only (docs.hetzner.cloud, firewalls). */
const hasPublicInterface = (world: World, server: Server): boolean =>
  world.primaryIps.all().some((ip) => ip.assignee_id === server.id);

/** Servers that a selector finds now: membership follows label changes. */
const selected = (world: World, selector: string): Server[] => {
  const matches = labelSelector(selector);
  return world.servers.all().filter((server) => matches(server.labels) && hasPublicInterface(world, server));
};

export const isSameResource = (a: FirewallResource, b: FirewallResource): boolean =>
  a.type === b.type &&
  (a.type === 'server' ? a.server?.id === b.server?.id : a.label_selector?.selector === b.label_selector?.selector);

/** Ids of all servers that this firewall stands before, directly or by a selector. */
export const serversBehind = (world: World, firewall: Firewall): ReadonlySet<number> =>
  new Set(
    firewall.applied_to.flatMap((entry) =>
      entry.type === 'server'
        ? [entry.server?.id ?? 0]
        : selected(world, entry.label_selector?.selector ?? '').map((server) => server.id),
    ),
  );

/** The row with the servers that its selectors find now. */
export const firewallView = ({ world }: Kit, firewall: Firewall): Firewall => ({
  ...firewall,
  applied_to: firewall.applied_to.map((entry): FirewallAppliedTo => {
    if (entry.type === 'server') return entry;
    const servers = selected(world, entry.label_selector?.selector ?? '');
    return { ...entry, applied_to_resources: servers.map(({ id }) => ({ type: 'server', server: { id } })) };
  }),
});

const serverOf = (world: World, resource: FirewallResource): Server => {
  const server = world.servers.get(resource.server?.id ?? 0);
  if (server === undefined) throw operationError('firewall_resource_not_found', 'firewall resource not found', 404);
  return server;
};

/** Throws when the firewall can't be put on this; `firewall` undefined: it is being created. */
export const assertAppliable = (
  { world, limits }: Kit,
  firewall: Firewall | undefined,
  resource: FirewallResource,
): void => {
  if (firewall?.applied_to.some((entry) => isSameResource(entry, resource)))
    throw operationError('firewall_already_applied', 'firewall is already applied to the resource');
  if (resource.type === 'label_selector') {
    const selector = resource.label_selector?.selector ?? '';
    if (selector === '') throw invalidInput({ 'label_selector.selector': ['Missing data for required field.'] });
    labelSelector(selector);
    return;
  }
  if (resource.server === undefined) throw invalidInput({ server: ['Missing data for required field.'] });
  const server = serverOf(world, resource);
  if (!hasPublicInterface(world, server))
    throw operationError('private_net_only_server', 'server has no public network interface');
  const before = world.firewalls.all().filter((one) => one !== firewall && serversBehind(world, one).has(server.id));
  if (before.length >= limits.firewallsPerServer)
    throw limitExceeded('firewalls per server limit exceeded', 'firewall_per_server_limit');
};

/** Throws when the firewall is not on this, or only through a selector. */
export const assertRemovable = ({ world }: Kit, firewall: Firewall, resource: FirewallResource): void => {
  if (firewall.applied_to.some((entry) => isSameResource(entry, resource))) return;
  if (resource.type === 'server' && serversBehind(world, firewall).has(serverOf(world, resource).id))
    throw operationError('firewall_managed_by_label_selector', 'firewall is applied via a label selector');
  throw operationError('firewall_resource_not_found', 'firewall resource not found', 404);
};
