import type { Catalogue, CatalogueServerType, PriceList } from '../../domain/observation.ts';
import type { Image } from '../wire/images.ts';
import type { Pricing } from '../wire/pricing.ts';
import type { Deprecation, ServerType } from '../wire/server-types.ts';
import { listPriceOf, priceAt } from './item.ts';

export const catalogueOf = (types: readonly ServerType[], images: readonly Image[]): Catalogue => ({
  serverTypes: types.map(serverTypeOf),
  images: images.flatMap(({ id, name, architecture, deprecated, deprecation }) =>
    name === null
      ? []
      : [{ id: String(id), name, architecture, deprecated: deprecation?.announced ?? deprecated ?? null }],
  ),
});

/**
 * Where a type can be had: `locations` since 2025-09-24, `available` in it since 2026-04-01 (docs.hetzner.cloud,
 * changelog). An API without `locations` is of an older day: there a price means that it is sold.
 */
const serverTypeOf = (wire: ServerType): CatalogueServerType => ({
  name: wire.name,
  architecture: wire.architecture,
  cores: wire.cores,
  memoryGb: wire.memory,
  diskGb: wire.disk,
  deprecation: deprecationOf(wire.deprecation),
  locations: (
    wire.locations ?? wire.prices.map(({ location }) => ({ name: location, available: true, deprecation: null }))
  ).flatMap((location) => {
    const price = priceAt(wire.prices, location.name);
    // Without a price nobody can say what it would cost, so it is not offered there.
    if (price === undefined) return [];
    return [
      { name: location.name, available: location.available, deprecation: deprecationOf(location.deprecation), price },
    ];
  }),
});

const deprecationOf = (wire: Deprecation | null | undefined): CatalogueServerType['deprecation'] =>
  wire == null ? null : { announced: wire.announced, unavailableAfter: wire.unavailable_after };

export const priceListOf = (wire: Pricing): PriceList => ({
  currency: wire.currency,
  vatRate: wire.vat_rate,
  serverTypes: byNameAndLocation(wire.server_types),
  loadBalancerTypes: byNameAndLocation(wire.load_balancer_types),
  primaryIpv4: Object.fromEntries(
    wire.primary_ips
      .filter(({ type }) => type === 'ipv4')
      .flatMap(({ prices }) => prices.map((price) => [price.location, listPriceOf(price)])),
  ),
  volumePerGbMonth: wire.volume.price_per_gb_month,
  serverBackupPercentage: wire.server_backup.percentage,
});

const byNameAndLocation = (types: Pricing['server_types']): PriceList['serverTypes'] =>
  Object.fromEntries(
    types.map(({ name, prices }) => [
      name,
      Object.fromEntries(prices.map((price) => [price.location, listPriceOf(price)])),
    ]),
  );
