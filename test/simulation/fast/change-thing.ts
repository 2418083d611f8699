import { containsCidr, parseCidr } from '../../../src/domain/ip.ts';
import type { CloudChange } from '../../../src/domain/plan.ts';
import type { LoadBalancerTargetSpec } from '../../../src/domain/resource.ts';
import { type Resolving, serviceFacts } from './facts.ts';
import { refused, type Thing } from './things.ts';

interface Named {
  readonly networkId: string;
  readonly ip: string;
}
type Target = Pick<LoadBalancerTargetSpec, 'selector' | 'usePrivateIp'>;

/** One change, as the facts show it afterwards. Throws CloudError, having changed nothing. */
export const changeThing = (thing: Thing, wanted: CloudChange, resolve: Resolving): void => {
  const { facts } = thing;
  const { id, text, things } = resolve;
  switch (wanted.op) {
    case 'set-labels':
      thing.labels = { ...wanted.labels };
      return;
    case 'rename':
      for (const other of things.values())
        if (other !== thing && other.kind === thing.kind && other.name === wanted.name)
          throw refused('uniqueness_error', `${thing.kind} ${wanted.name} exists`, 409);
      Object.assign(thing, { name: wanted.name, labels: { ...wanted.labels } });
      return;
    case 'set-protection':
      if (thing.kind === 'server') facts.rebuildProtection = wanted.delete;
      facts.deleteProtection = wanted.delete;
      return;
    case 'add-subnet':
      facts.subnets = [...facts.subnets, wanted.subnet];
      return;
    case 'delete-subnet':
      for (const { facts: its } of things.values())
        if (its.networks?.some((one: Named) => one.networkId === thing.id && isWithin(wanted.range, one.ip)))
          throw refused('service_error', 'cannot remove subnet because servers are attached to it', 400);
      facts.subnets = facts.subnets.filter(({ range }: { range: string }) => range !== wanted.range);
      return;
    case 'add-route':
      facts.routes = [...facts.routes, wanted.route];
      return;
    case 'delete-route':
      facts.routes = facts.routes.filter(
        (one: { destination: string }) => one.destination !== wanted.route.destination,
      );
      return;
    case 'change-ip-range':
      facts.range = wanted.range;
      return;
    case 'set-rules':
      facts.rules = wanted.rules;
      return;
    case 'apply-firewall': {
      const server = serverOf(things, id(wanted.server));
      if (server.facts.firewallIds.includes(thing.id)) throw refused('firewall_already_applied', 'it is', 422);
      server.facts.firewallIds = [...server.facts.firewallIds, thing.id].sort((a, b) => Number(a) - Number(b));
      return;
    }
    case 'remove-firewall': {
      const server = serverOf(things, id(wanted.server));
      if (!server.facts.firewallIds.includes(thing.id)) throw refused('firewall_resource_not_found', 'it is not', 422);
      server.facts.firewallIds = server.facts.firewallIds.filter((one: string) => one !== thing.id);
      return;
    }
    case 'power-off':
    case 'shutdown':
      facts.status = 'off';
      return;
    case 'power-on':
      facts.status = 'running';
      return;
    case 'change-type':
      if (thing.kind === 'server' && facts.status !== 'off') throw refused('server_not_stopped', 'it runs', 422);
      facts.type = wanted.type;
      return;
    case 'rebuild':
      if (facts.rebuildProtection) throw refused('protected', 'rebuild protection', 423);
      Object.assign(facts, { image: wanted.image, status: 'running' });
      return;
    case 'attach-network': {
      const networkId = id(wanted.network);
      if (!things.has(`network/${networkId}`)) throw refused('not_found', 'no such network', 404);
      if (facts.networks.some((one: Named) => one.networkId === networkId))
        throw refused(`${thing.kind.replace('-', '_')}_already_attached`, 'it is', 422);
      facts.networks = [...facts.networks, { networkId, ip: wanted.ip }];
      return;
    }
    case 'detach-network':
      facts.networks = facts.networks.filter((one: Named) => one.networkId !== id(wanted.network));
      return;
    case 'add-to-placement-group':
      if (facts.placementGroupId !== null) throw refused('already_in_placement_group', 'it is', 422);
      if (facts.status !== 'off') throw refused('server_not_stopped', 'it runs', 422);
      facts.placementGroupId = id(wanted.group);
      return;
    case 'remove-from-placement-group':
      facts.placementGroupId = null;
      return;
    case 'set-backups':
      facts.backups = wanted.enabled;
      return;
    case 'set-algorithm':
      facts.algorithm = wanted.algorithm;
      return;
    case 'add-service':
    case 'update-service':
    case 'delete-service': {
      const port = wanted.op === 'delete-service' ? wanted.listenPort : wanted.service.listenPort;
      const rest = facts.services.filter((one: { listenPort: number }) => one.listenPort !== port);
      if (wanted.op !== 'delete-service') rest.push(serviceFacts(wanted.service, resolve));
      facts.services = rest.sort((a: { listenPort: number }, b: { listenPort: number }) => a.listenPort - b.listenPort);
      return;
    }
    case 'add-target':
      if (facts.targets.some(sameTarget(wanted.target))) throw refused('target_already_defined', 'it is', 422);
      facts.targets = [...facts.targets, wanted.target];
      return;
    case 'remove-target':
      if (!facts.targets.some(sameTarget(wanted.target))) throw refused('not_found', 'no such target', 404);
      facts.targets = facts.targets.filter((one: Target) => !sameTarget(wanted.target)(one));
      return;
    case 'set-public-interface':
      facts.publicInterface = wanted.enabled;
      return;
    case 'retry-certificate':
      facts.issuance = 'completed';
      return;
    case 'set-ttl':
      facts.ttlSeconds = wanted.ttlSeconds;
      return;
    case 'set-records':
      // Hetzner's call takes no ttl: one that differs is a `set-ttl` of its own.
      facts.records = wanted.records.map(text).sort();
      return;
  }
};

const serverOf = (things: Map<string, Thing>, id: string): Thing => {
  const server = things.get(`server/${id}`);
  if (server === undefined) throw refused('not_found', `server ${id} not found`, 404);
  return server;
};

const sameTarget =
  (wanted: Target) =>
  ({ selector, usePrivateIp }: Target): boolean =>
    selector === wanted.selector && usePrivateIp === wanted.usePrivateIp;

const isWithin = (range: string, ip: string): boolean => {
  const [outer, inner] = [parseCidr(range), parseCidr(`${ip}/32`)];
  return outer !== undefined && inner !== undefined && containsCidr(outer, inner);
};
