import { createHash } from 'node:crypto';
import { auditPlan } from '../../src/audit/audit.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { cloudKinds } from '../../src/domain/kinds.ts';
import type {
  AnyObservedItem,
  Catalogue,
  CatalogueServerType,
  ListPrice,
  Observation,
  PriceList,
} from '../../src/domain/observation.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { DesiredState } from '../../src/domain/resource.ts';
import type { PlanInput, PlanningOptions } from '../../src/plan/options.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { environmentOf, desired as realDesired } from '../desired/inputs.ts';
import { createModelWorld, type Loose, type ModelWorld, nextId } from './model-world.ts';

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
export const now = '2026-11-24T12:00:00.000Z';

const price = (monthly: string): ListPrice => ({
  monthlyNet: monthly,
  monthlyGross: monthly,
  hourlyNet: '0',
  hourlyGross: '0',
});
const everywhere = (monthly: string) =>
  Object.fromEntries(['nbg1', 'fsn1', 'hel1'].map((location) => [location, price(monthly)]));

/** Round figures, so that sums can be checked by eye. */
export const prices: PriceList = {
  currency: 'EUR',
  vatRate: '21.00',
  serverTypes: {
    cx23: everywhere('6.00'),
    cpx22: everywhere('20.00'),
    cx33: everywhere('9.00'),
    cpx32: everywhere('36.00'),
    cax11: everywhere('7.00'),
  },
  loadBalancerTypes: { lb11: everywhere('9.00'), lb21: everywhere('30.00') },
  primaryIpv4: everywhere('0.50'),
  volumePerGbMonth: { net: '0.05', gross: '0.06' },
  serverBackupPercentage: '20',
};

/** `soldOut`: `cx23` everywhere, `cx23@nbg1` there. */
export const catalogue = (soldOut: readonly string[] = []): Catalogue => ({
  serverTypes: ['cx23', 'cpx22', 'cx33', 'cpx32', 'cax11'].map(
    (name): CatalogueServerType => ({
      name,
      architecture: name.startsWith('cax') ? 'arm' : 'x86',
      cores: 2,
      memoryGb: name.endsWith('3') ? 4 : 8,
      diskGb: name === 'cx33' || name === 'cpx32' ? 80 : 40,
      deprecation: null,
      locations: ['nbg1', 'fsn1', 'hel1'].map((location) => ({
        name: location,
        available: !soldOut.includes(name) && !soldOut.includes(`${name}@${location}`),
        deprecation: null,
        price: price('1.00'),
      })),
    }),
  ),
  images: [],
});

export const production = (change: (environment: Environment) => Environment = (same) => same): Environment => {
  const environment = environmentOf({ type: 'production' });
  return change({ ...environment, servers: { ...environment.servers, image: 'debian-12' } });
};
export const pullRequest = (number: number): Environment => environmentOf({ type: 'pr', pullRequest: number });
export const staging = (): Environment => environmentOf({ type: 'staging' });

export const withServers =
  (servers: Partial<Environment['servers']>) =>
  (environment: Environment): Environment => ({
    ...environment,
    servers: { ...environment.servers, ...servers },
  });

const listed = Object.fromEntries(cloudKinds.map((kind) => [kind, { complete: true }]));

/** What the APIs would say of the model world. Ids of members are derived here, as Hetzner does. */
export const observationOf = (world: ModelWorld, over: Partial<Observation> = {}): Observation => {
  const servers = world.items.filter(({ kind }) => kind === 'server');
  const idsWhere = (test: (server: Loose) => boolean): string[] =>
    servers
      .filter(test)
      .map(({ id }) => id)
      .sort();
  const items = world.items.map((item) => {
    const facts = { ...item.facts };
    if (item.kind === 'network')
      facts.serverIds = idsWhere((one) =>
        one.facts.networks.some((net: { networkId: string }) => net.networkId === item.id),
      );
    if (item.kind === 'firewall') facts.serverIds = idsWhere((one) => one.facts.firewallIds.includes(item.id));
    if (item.kind === 'placement-group') facts.serverIds = idsWhere((one) => one.facts.placementGroupId === item.id);
    return structuredClone({ ...item, facts }) as AnyObservedItem;
  });
  const leader = world.voters[0] ?? null;
  const system = { leader, voters: [...world.voters], version: null };
  return {
    at: now,
    lists: listed,
    items,
    prices,
    catalogue: catalogue(),
    cluster: servers.some(({ facts }) => facts.status === 'running')
      ? { reachable: true, consul: system, nomad: system, nodes: [...world.nodes], jobs: structuredClone(world.jobs) }
      : null,
    requests: { read: 12, write: 0 },
    budget: null,
    ...over,
  };
};

export interface Asked {
  readonly environment?: Environment;
  readonly desired?: DesiredState;
  readonly intent?: 'converge' | 'destroy';
  readonly options?: PlanningOptions;
  readonly observation?: Partial<Observation>;
}

export const inputOf = (world: ModelWorld, asked: Asked = {}): PlanInput => {
  const environment = asked.environment ?? production();
  return {
    environment,
    desired: asked.desired ?? desiredOf(environment),
    observation: observationOf(world, asked.observation),
    state: world.state,
    intent: asked.intent ?? 'converge',
    options: asked.options ?? {},
    now,
    run: 'run-1',
    hash,
  };
};

/** Rendering user data is the slow part of a test: one desired state for each distinct environment. */
const rendered = new Map<string, DesiredState>();
export const desiredOf = (environment: Environment): DesiredState => {
  const key = JSON.stringify({ ...environment, sources: undefined });
  const known = rendered.get(key) ?? realDesired(environment);
  rendered.set(key, known);
  return known;
};

/** Every plan of every test is audited: a finding fails the test with its sentence. */
export const plan = (world: ModelWorld, asked: Asked = {}): Plan => {
  const input = inputOf(world, asked);
  const made = makePlan(input);
  const findings = auditPlan({ ...input, plan: made });
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('\n'));
  return made;
};

/** A world in which the environment has been converged once. */
export const converged = (environment: Environment = production()): ModelWorld => {
  const world = createModelWorld();
  world.apply(plan(world, { environment }));
  return world;
};

/** Somebody else's thing. */
export const plant = (world: ModelWorld, item: Partial<Loose> & Pick<Loose, 'kind' | 'name' | 'facts'>): Loose => {
  const planted: Loose = {
    id: nextId(world),
    labels: {},
    createdAt: '2026-01-01T00:00:00.000Z',
    ...item,
  };
  world.items.push(planted);
  return planted;
};
