import type { AnyObservedItem, ListPrice, PriceList } from '../domain/observation.ts';
import type { Placement } from '../domain/plan.ts';
import type { AnyResource } from '../domain/resource.ts';
import { parseDecimal, percentOf, toCents } from './decimal.ts';

/** What is billed of one thing: its parts summed exactly, then rounded once, as on the invoice. */
export interface Priced {
  readonly cents: number;
  /** `cx23 in nbg1 with IPv4`. */
  readonly what: string;
}

const gross = (price: ListPrice | undefined): bigint | undefined =>
  price === undefined ? undefined : parseDecimal(price.monthlyGross);

interface ServerShape extends Placement {
  readonly ipv4: boolean;
  readonly backups: boolean;
}

/** Undefined when the price list has no price for this type there: it cannot be ordered. */
export const serverPrice = (
  { type, location, ipv4, backups }: ServerShape,
  prices: PriceList,
  listPrice?: ListPrice,
): Priced | undefined => {
  const base = gross(prices.serverTypes[type]?.[location] ?? listPrice);
  if (base === undefined) return undefined;
  const address = ipv4 ? (gross(prices.primaryIpv4[location]) ?? 0n) : 0n;
  const backup = backups ? percentOf(base, prices.serverBackupPercentage) : 0n;
  const extras = [...(ipv4 ? ['IPv4'] : []), ...(backups ? ['backups'] : [])];
  return {
    cents: toCents(base + address + backup),
    what: `${type} in ${location}${extras.length === 0 ? '' : ` with ${extras.join(' and ')}`}`,
  };
};

export const loadBalancerPrice = (
  { type, location }: Placement,
  prices: PriceList,
  listPrice?: ListPrice,
): Priced | undefined => {
  const base = gross(prices.loadBalancerTypes[type]?.[location] ?? listPrice);
  return base === undefined ? undefined : { cents: toCents(base), what: `${type} in ${location}` };
};

/** Hetzner bills servers, load balancers, volumes and IPv4 addresses without a server; the rest is free. */
export const itemPrice = (item: AnyObservedItem, prices: PriceList): Priced | undefined => {
  switch (item.kind) {
    case 'server': {
      const { type, location, ipv4, backups } = item.facts;
      return serverPrice({ type, location, ipv4: ipv4 !== null, backups }, prices, item.listPrice);
    }
    case 'load-balancer':
      return loadBalancerPrice(item.facts, prices, item.listPrice);
    case 'volume': {
      const perGb = parseDecimal(prices.volumePerGbMonth.gross);
      return { cents: toCents(perGb * BigInt(item.facts.sizeGb)), what: `${item.facts.sizeGb} GB` };
    }
    case 'primary-ip': {
      // With a server it is part of that server's line.
      if (item.facts.type === 'ipv6' || item.facts.assigneeId !== null) return undefined;
      const base = gross(prices.primaryIpv4[item.facts.location]);
      return base === undefined ? undefined : { cents: toCents(base), what: `IPv4 ${item.facts.ip} without a server` };
    }
    default:
      return undefined;
  }
};

/** A wanted thing, on the rung it gets; without a placement, on the first rung of its ladders that has a price. */
export const resourcePrice = (resource: AnyResource, prices: PriceList, placement?: Placement): Priced | undefined => {
  if (resource.kind === 'load-balancer') return loadBalancerPrice(resource.spec, prices);
  if (resource.kind !== 'server') return undefined;
  const { types, locations, publicIpv4: ipv4, backups } = resource.spec;
  const rungs =
    placement === undefined ? types.flatMap((type) => locations.map((location) => ({ type, location }))) : [placement];
  for (const rung of rungs) {
    const price = serverPrice({ ...rung, ipv4, backups }, prices);
    if (price !== undefined) return price;
  }
  return undefined;
};
