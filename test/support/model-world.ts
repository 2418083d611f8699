import type { Address } from '../../src/domain/address.ts';
import { kindOf } from '../../src/domain/address.ts';
import type { CloudKind } from '../../src/domain/kinds.ts';
import type {
  AnyObservedItem,
  ObservedJob,
  ObservedNamespace,
  ObservedNode,
  ServerFacts,
} from '../../src/domain/observation.ts';
import type { AnyCloudResource, CloudChange, Effect, Plan, Step } from '../../src/domain/plan.ts';
import { isReference, type MaybeReference, type Reference } from '../../src/domain/resource.ts';
import type { Remembered, StateFile } from '../../src/domain/statefile.ts';

/** Everything writable: tests of drift reach in and change what they like. */
export type Loose = Omit<AnyObservedItem, 'facts' | 'labels' | 'name'> & {
  name: string;
  labels: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: facts of all kinds, changed by name
  facts: any;
};

/**
 * What a plan's steps mean, as directly as can be written down: a world of things to which each effect happens at once.
 * No time, no errors, no limits: for those there is the emulator.
 */
export interface ModelWorld {
  items: Loose[];
  nodes: ObservedNode[];
  voters: string[];
  jobs: ObservedJob[];
  namespaces: ObservedNamespace[];
  state: StateFile | null;
  apply(plan: Plan): void;
  /** One step; for tests that stop half way. */
  perform(step: Step, plan: Plan): void;
  find(kind: CloudKind, name: string): Loose;
}

export const createModelWorld = (): ModelWorld => {
  const now = '2026-11-24T10:00:00.000Z';
  const world: ModelWorld = {
    items: [],
    nodes: [],
    voters: [],
    jobs: [],
    namespaces: [],
    state: null,
    apply(plan) {
      for (const step of plan.steps) world.perform(step, plan);
    },
    perform(step, plan) {
      effect(step, step.effect, plan);
    },
    find(kind, name) {
      const item = world.items.find((one) => one.kind === kind && one.name === name);
      if (item === undefined) throw new Error(`no ${kind} ${name}`);
      return item;
    },
  };

  const remember = (plan: Plan, address: Address, entry: Remembered | undefined): void => {
    const resources: Record<Address, Remembered> = { ...world.state?.resources };
    if (entry === undefined) delete resources[address];
    else resources[address] = entry;
    world.state = {
      schemaVersion: 4,
      fencingToken: 1,
      lineage: 'model',
      serial: (world.state?.serial ?? 0) + 1,
      project: plan.project,
      environment: plan.environment,
      environmentType: plan.environmentType,
      updatedAt: now,
      resources,
      history: [],
    };
  };
  const resolve = (reference: Reference): string => {
    const entry = world.state?.resources[reference.ref];
    const value = reference.attribute === 'id' ? entry?.id : entry?.outputs[reference.attribute];
    if (value === undefined) throw new Error(`${reference.ref} has no ${reference.attribute}`);
    return value;
  };
  const id = (value: MaybeReference<number>): string => (isReference(value) ? resolve(value) : String(value));
  const text = (value: MaybeReference<string>): string => (isReference(value) ? resolve(value) : value);
  const byId = (kind: CloudKind, wanted: string): Loose => {
    const item = world.items.find((one) => one.kind === kind && one.id === wanted);
    if (item === undefined) throw new Error(`no ${kind} ${wanted}`);
    return item;
  };
  const recorded = (step: Step): Partial<Remembered> => ({
    ...(step.fingerprintAfter === undefined ? {} : { fingerprint: step.fingerprintAfter }),
    ...(step.userDataFingerprintAfter === undefined ? {} : { userDataFingerprint: step.userDataFingerprintAfter }),
  });

  const effect = (step: Step, wanted: Effect, plan: Plan): void => {
    const entry = world.state?.resources[step.address];
    switch (wanted.port) {
      case 'machines': {
        const server = world.items.find((one) => one.kind === 'server' && one.name === wanted.serverName);
        if (server === undefined || server.facts.status !== 'running')
          throw new Error(`${wanted.serverName} is not running`);
        if (entry !== undefined) remember(plan, step.address, { ...entry, ...recorded(step) });
        return;
      }
      case 'cluster': {
        const { servers } = wanted.resource.spec;
        for (const { name } of servers)
          if (world.items.find((one) => one.kind === 'server' && one.name === name)?.facts.status !== 'running')
            throw new Error(`${name} cannot be a member`);
        world.voters = servers.map(({ name }) => name);
        world.nodes = servers.map(({ name }) => ({
          id: name,
          name,
          status: 'ready',
          eligible: true,
          seesConsul: true,
        }));
        for (const job of world.jobs) Object.assign(job, { healthy: job.wanted });
        remember(plan, step.address, own(step, 'cluster', plan.environment, wanted.resource.name));
        return;
      }
      case 'jobs': {
        if (wanted.op === 'create-namespace') {
          world.namespaces.push({ name: wanted.resource.name, owner: `${plan.project}/${plan.environment}` });
          remember(plan, step.address, own(step, 'namespace', wanted.resource.name, wanted.resource.name));
          return;
        }
        if (wanted.op === 'delete-namespace') {
          world.namespaces = world.namespaces.filter(({ name }) => name !== wanted.name);
          remember(plan, step.address, undefined);
          return;
        }
        const jobId = wanted.op === 'stop' ? wanted.jobId : wanted.resource.spec.jobId;
        world.jobs = world.jobs.filter((job) => job.jobId !== jobId);
        if (wanted.op === 'stop') {
          remember(plan, step.address, undefined);
          return;
        }
        const { count } = wanted.resource.spec;
        const owner = `${plan.project}/${plan.environment}`;
        const { fingerprint } = wanted.resource;
        world.jobs.push({
          jobId,
          fingerprint,
          owner,
          version: 1,
          modifyIndex: 1,
          status: 'running',
          wanted: count,
          healthy: count,
        });
        remember(plan, step.address, own(step, 'job', jobId, wanted.resource.name));
        return;
      }
      case 'state': {
        if (wanted.op === 'forget') {
          remember(plan, step.address, undefined);
          return;
        }
        const { id: itsId, name, createdAt, outputs } = wanted;
        remember(plan, step.address, {
          kind: kindOf(step.address),
          id: itsId,
          name,
          createdAt,
          fingerprint: '',
          outputs,
          ...recorded(step),
        });
        return;
      }
      case 'cloud':
        cloud(step, wanted, plan);
    }
  };
  const own = (step: Step, kind: 'cluster' | 'namespace' | 'job', itsId: string, name: string): Remembered => ({
    kind,
    id: itsId,
    name,
    createdAt: now,
    fingerprint: '',
    outputs: {},
    ...recorded(step),
  });

  const cloud = (step: Step, wanted: Extract<Effect, { port: 'cloud' }>, plan: Plan): void => {
    const entry = world.state?.resources[step.address];
    if (wanted.op === 'create') {
      const { resource } = wanted;
      if (
        resource.kind !== 'rrset' &&
        world.items.some((one) => one.kind === resource.kind && one.name === resource.name)
      )
        throw new Error(`uniqueness_error: ${resource.kind} ${resource.name}`);
      const newId = nextId(world);
      const item = newItem(resource, newId, wanted.placement, { id, text }, now, world);
      world.items.push(item);
      const { ipv4, ipv6 } = item.facts;
      const outputs = { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
      remember(plan, step.address, {
        kind: item.kind,
        id: item.id,
        name: item.name,
        createdAt: now,
        fingerprint: '',
        outputs,
        ...recorded(step),
      });
      return;
    }
    const itemId = wanted.id ?? entry?.id ?? '';
    const item = byId(wanted.kind, itemId);
    if (wanted.op === 'delete') {
      if (item.facts.deleteProtection === true) throw new Error(`protected: ${item.name}`);
      world.items = world.items.filter((one) => one !== item);
      if (item.kind === 'server') down(item.name);
      if (item.kind === 'network')
        for (const one of world.items)
          if (one.facts.networks)
            one.facts.networks = one.facts.networks.filter((net: { networkId: string }) => net.networkId !== item.id);
      if (entry?.id === item.id) remember(plan, step.address, undefined);
      return;
    }
    change(item, wanted.change);
    const name = wanted.change.op === 'rename' ? { name: wanted.change.name } : {};
    if (entry !== undefined) remember(plan, step.address, { ...entry, ...recorded(step), ...name });
  };

  const down = (name: string): void => {
    world.voters = world.voters.filter((one) => one !== name);
    world.nodes = world.nodes.map((node) => (node.name === name ? { ...node, status: 'down' } : node));
  };

  const change = (item: Loose, wanted: CloudChange): void => {
    const { facts } = item;
    switch (wanted.op) {
      case 'set-labels':
        item.labels = { ...wanted.labels };
        return;
      case 'rename':
        Object.assign(item, { name: wanted.name, labels: { ...wanted.labels } });
        return;
      case 'set-protection':
        if (item.kind === 'server') facts.rebuildProtection = wanted.delete;
        facts.deleteProtection = wanted.delete;
        return;
      case 'add-subnet':
        facts.subnets.push(wanted.subnet);
        return;
      case 'delete-subnet':
        facts.subnets = facts.subnets.filter((subnet: { range: string }) => subnet.range !== wanted.range);
        return;
      case 'add-route':
        facts.routes.push(wanted.route);
        return;
      case 'delete-route':
        facts.routes = facts.routes.filter(
          (route: { destination: string }) => route.destination !== wanted.route.destination,
        );
        return;
      case 'change-ip-range':
        facts.range = wanted.range;
        return;
      case 'set-rules':
        facts.rules = wanted.rules;
        return;
      case 'apply-firewall':
        byId('server', id(wanted.server)).facts.firewallIds.push(item.id);
        return;
      case 'remove-firewall': {
        const server = byId('server', id(wanted.server));
        server.facts.firewallIds = server.facts.firewallIds.filter((one: string) => one !== item.id);
        return;
      }
      case 'power-off':
      case 'shutdown':
        facts.status = 'off';
        down(item.name);
        return;
      case 'power-on':
        facts.status = 'running';
        return;
      case 'change-type':
        if (item.kind === 'server' && facts.status !== 'off') throw new Error('server_not_stopped');
        facts.type = wanted.type;
        if (item.kind === 'server') facts.status = 'running';
        return;
      case 'rebuild':
        if (facts.rebuildProtection) throw new Error('protected');
        Object.assign(facts, { image: wanted.image, status: 'running' });
        down(item.name);
        return;
      case 'attach-network': {
        const networkId = id(wanted.network);
        byId('network', networkId);
        if (facts.networks.some((net: { networkId: string }) => net.networkId === networkId))
          throw new Error('already attached');
        facts.networks.push({ networkId, ip: wanted.ip });
        return;
      }
      case 'detach-network':
        facts.networks = facts.networks.filter((net: { networkId: string }) => net.networkId !== id(wanted.network));
        return;
      case 'add-to-placement-group':
        if (facts.status !== 'off') throw new Error('server_not_stopped');
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
        facts.services = facts.services.filter((service: { listenPort: number }) => service.listenPort !== port);
        if (wanted.op !== 'delete-service') facts.services.push(serviceFacts(wanted.service, { id }));
        return;
      }
      case 'add-target':
        facts.targets.push(wanted.target);
        return;
      case 'remove-target':
        facts.targets = facts.targets.filter(
          (target: { selector?: string; usePrivateIp?: boolean }) =>
            target.selector !== wanted.target.selector || target.usePrivateIp !== wanted.target.usePrivateIp,
        );
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
        facts.records = wanted.records.map(text);
        return;
    }
  };
  return world;
};

/** Never an id that was used before, by a thing that exists or by one that is remembered. */
export const nextId = (world: ModelWorld): string => {
  const ids = [...world.items, ...Object.values(world.state?.resources ?? {})].map(({ id }) => Number.parseInt(id, 10));
  return String(Math.max(1000, ...ids.filter((id) => Number.isFinite(id))) + 1);
};

interface Resolve {
  readonly id: (value: MaybeReference<number>) => string;
  readonly text: (value: MaybeReference<string>) => string;
}

// biome-ignore lint/suspicious/noExplicitAny: the spec of a service with its certificates as numbers
const serviceFacts = (service: any, { id }: Pick<Resolve, 'id'>) =>
  service.http === undefined
    ? service
    : {
        ...service,
        http: {
          ...service.http,
          certificates: service.http.certificates.map((one: MaybeReference<number>) => Number(id(one))),
        },
      };

const newItem = (
  resource: AnyCloudResource,
  newId: string,
  placement: { readonly type: string; readonly location: string } | undefined,
  resolve: Resolve,
  createdAt: string,
  world: ModelWorld,
): Loose => {
  const zoneId = resource.kind === 'rrset' ? world.find('zone', resource.spec.zone).id : '';
  return {
    kind: resource.kind,
    id: resource.kind === 'rrset' ? `${zoneId}/${resource.spec.name}/${resource.spec.type}` : newId,
    name: resource.name,
    labels: { ...resource.labels },
    createdAt,
    facts: factsOf(resource, newId, placement, resolve),
  };
};

const factsOf = (
  resource: AnyCloudResource,
  newId: string,
  placement: { readonly type: string; readonly location: string } | undefined,
  { id, text }: Resolve,
): unknown => {
  const n = Number(newId) % 250;
  switch (resource.kind) {
    case 'ssh-key':
      return { publicKey: resource.spec.publicKey, fingerprint: 'ff' };
    case 'network':
      return { ...structuredClone(resource.spec), deleteProtection: false };
    case 'firewall':
      return { rules: resource.spec.rules, labelSelectors: [] };
    case 'placement-group':
      return { type: 'spread' };
    case 'certificate':
      return {
        type: 'managed',
        domains: resource.spec.domains,
        issuance: 'completed',
        error: null,
        notValidAfter: null,
      };
    case 'zone':
      return { ttlSeconds: resource.spec.ttlSeconds, deleteProtection: false, recordCount: 4 };
    case 'rrset':
      return { ...resource.spec, records: resource.spec.records.map(text), changeProtection: false };
    case 'load-balancer': {
      const { type, location, algorithm, services, publicInterface } = resource.spec;
      return {
        ...{ type, location, algorithm, publicInterface },
        ...{
          networks: [],
          targets: [],
          targetHealth: [],
          ipv4: `203.0.113.${n}`,
          ipv6: `2001:db8::${n}`,
          deleteProtection: false,
        },
        services: services.map((service) => serviceFacts(service, { id })),
      };
    }
    case 'server': {
      if (placement === undefined) throw new Error('no placement');
      const { image, firewalls, placementGroup, publicIpv4, publicIpv6 } = resource.spec;
      return {
        ...placement,
        image,
        status: 'off',
        architecture: 'x86',
        networks: [],
        firewallIds: firewalls.map(id),
        placementGroupId: placementGroup === undefined ? null : id(placementGroup),
        ipv4: publicIpv4 ? `198.51.100.${n}` : null,
        ipv6: publicIpv6 ? `2001:db8:1::${n}` : null,
        backups: false,
        deleteProtection: false,
        rebuildProtection: false,
        locked: false,
        volumeIds: [],
      } satisfies Omit<ServerFacts, never>;
    }
  }
};
