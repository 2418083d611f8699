import type { Environment } from '../domain/environment.ts';
import type { AnyObservedItem, PriceList } from '../domain/observation.ts';
import type { CostLine, Placement } from '../domain/plan.ts';
import { workersFor } from '../domain/pool.ts';
import type { AnyResource } from '../domain/resource.ts';
import { itemPrice, loadBalancerPrice, type Priced, resourcePrice, serverPrice } from './price.ts';

/** Cents a month, gross, of one thing that exists or is wanted; 0 for what Hetzner does not bill. */
export const monthlyCents = (
  thing: AnyObservedItem | AnyResource,
  prices: PriceList,
  placement?: Placement,
): number => {
  const price = 'facts' in thing ? itemPrice(thing, prices) : resourcePrice(thing, prices, placement);
  return price?.cents ?? 0;
};

export interface EnvironmentCost {
  readonly environment: string;
  readonly servers: number;
  readonly lines: readonly CostLine[];
  readonly monthlyCents: number;
  readonly annualCents: number;
}
export interface CostTotal {
  readonly name: string;
  readonly madeOf: string;
  readonly monthlyCents: number;
  readonly annualCents: number;
}

/** An environment by its wanted shape, before anything exists. Prices are those of the moment, VAT included. */
export const environmentCost = (environment: Environment, prices: PriceList): EnvironmentCost => {
  const { name, servers, workers, ingress, loadBalancerType } = environment;
  if (environment.host !== undefined) return shareCost(environment, prices);
  const server = firstPriced(environment, prices);
  const lines: CostLine[] = Array.from({ length: servers.count }, (_, index) => ({
    address: `server/${name}-${index + 1}`,
    ...server,
  }));
  if (workers !== undefined) {
    const worker = firstPriced({ ...environment, servers: { ...servers, types: workers.types } }, prices);
    for (let number = 1; number <= workers.count; number += 1)
      lines.push({ address: `server/${name}-worker-${number}`, ...worker });
  }
  if (ingress === 'load-balancer') {
    const location = servers.locations[0] ?? '';
    const price = loadBalancerPrice({ type: loadBalancerType, location }, prices);
    lines.push({ address: `load-balancer/${name}`, ...(price ?? unpriced(`${loadBalancerType} in ${location}`)) });
  }
  const sum = lines.reduce((total, line) => total + line.cents, 0);
  return {
    environment: name,
    servers: servers.count + (workers?.count ?? 0),
    lines,
    monthlyCents: sum,
    annualCents: 12 * sum,
  };
};

/** A server that previews share. */
const sharedServer = (environment: Environment, prices: PriceList): Priced => {
  const { pool, servers } = environment;
  return firstPriced({ ...environment, servers: { ...servers, types: pool?.types ?? servers.types } }, prices);
};

/** On shared servers: its part of one that is full. Staging's are there anyway. */
const shareCost = (environment: Environment, prices: PriceList): EnvironmentCost => {
  const { name, host, pool } = environment;
  const server = sharedServer(environment, prices);
  const of = pool?.perServer ?? 1;
  const cents = host === 'pool' ? Math.round(server.cents / of) : 0;
  const what = host === 'pool' ? `1/${of} of ${server.what}` : `on the servers of ${host}`;
  return {
    environment: name,
    servers: 0,
    lines: [{ address: `namespace/${name}`, what, cents }],
    monthlyCents: cents,
    annualCents: 12 * cents,
  };
};

const unpriced = (what: string): Priced => ({
  what: `${what}: Hetzner lists no price, so it cannot be ordered`,
  cents: 0,
});

/** The first rung with a price; a rung that was passed over is named, for it explains a bill higher than expected. */
const firstPriced = ({ servers }: Environment, prices: PriceList): Priced => {
  const { types, locations, publicIpv4: ipv4, backups } = servers;
  const passed: string[] = [];
  for (const type of types) {
    for (const location of locations) {
      const price = serverPrice({ type, location, ipv4, backups }, prices);
      if (price !== undefined)
        return passed.length === 0 ? price : { ...price, what: `${price.what} (no price for ${passed.join(', ')})` };
    }
    passed.push(type);
  }
  return unpriced(`${types.join(', ')} in ${locations.join(', ')}`);
};

/** How many previews are open on a usual day, by the system that this tool replaces. */
const typicalPullRequests = { few: 5, many: 8 } as const;

/**
 * Costs of the wanted environments, one of each type at most. `pullRequestsMax` defaults to the limit of the pull
 * request environment. Totals need production: without it there is nothing to add up.
 */
export const costReport = ({
  environments,
  prices,
  pullRequestsMax,
}: {
  readonly environments: readonly Environment[];
  readonly prices: PriceList;
  readonly pullRequestsMax?: number;
}) => {
  const costs = environments.map((environment) => environmentCost(environment, prices));
  const costOf = (type: Environment['type']): number | undefined => {
    const index = environments.findIndex((environment) => environment.type === type);
    return costs[index]?.monthlyCents;
  };
  const [production, pullRequest] = [costOf('production'), costOf('pr')];
  const preview = environments.find((environment) => environment.type === 'pr');
  const max = pullRequestsMax ?? preview?.limits.pullRequestsMax;
  return {
    currency: prices.currency,
    vatRate: prices.vatRate,
    environments: costs,
    totals:
      production === undefined || pullRequest === undefined || preview === undefined || max === undefined
        ? []
        : totalsOf(production, max, (count) => previewsCost(preview, { count, each: pullRequest }, prices)),
  };
};

interface PreviewsCost {
  readonly cents: number;
  /** Where they share servers: on how many. */
  readonly on: string;
}

/** Of so many at once; in a pool begun servers are paid for, and infra.yaml says how many there are at most. */
const previewsCost = (
  preview: Environment,
  { count, each }: { readonly count: number; readonly each: number },
  prices: PriceList,
): PreviewsCost => {
  const { host, pool } = preview;
  if (host !== 'pool' || pool === undefined) return { cents: count * each, on: '' };
  const servers = count === 0 ? 0 : 1 + workersFor(count, pool);
  return {
    cents: servers * sharedServer(preview, prices).cents,
    on: ` on ${servers} shared server${servers === 1 ? '' : 's'}`,
  };
};

const totalsOf = (production: number, max: number, previews: (count: number) => PreviewsCost): CostTotal[] => {
  const total = (name: string, pullRequests: number): CostTotal => {
    const { cents, on } = previews(pullRequests);
    const monthly = production + cents;
    return {
      name,
      madeOf: `production + ${pullRequests} pull request environments${on}`,
      monthlyCents: monthly,
      annualCents: 12 * monthly,
    };
  };
  const { few, many } = typicalPullRequests;
  return [
    total('typical, few', Math.min(few, max)),
    total('typical, many', Math.min(many, max)),
    total('maximum', max),
  ];
};
