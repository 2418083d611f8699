import type { Image } from '../../hetzner/wire/images.ts';
import type { Iso } from '../../hetzner/wire/isos.ts';
import type { LoadBalancerType } from '../../hetzner/wire/load-balancer-types.ts';
import type { Location } from '../../hetzner/wire/locations.ts';
import type { Pricing } from '../../hetzner/wire/pricing.ts';
import type { ServerType } from '../../hetzner/wire/server-types.ts';

/**
 * What Hetzner offers on one day, in wire shapes: the same for every project. Its rows are never changed by requests;
 * sold-out and restocked types are overrides in the world (`stock.ts`).
 */
export interface Catalogue {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly vatPercent: number;
  /** Listed and found by name. */
  readonly serverTypes: readonly ServerType[];
  /** Withdrawn: still answered by id and shown in servers that have them, neither listed nor found by name. */
  readonly retiredServerTypes: readonly ServerType[];
  /** System and app images, one row per architecture. Deprecated ones are here until they vanish. */
  readonly images: readonly Image[];
  readonly isos: readonly Iso[];
  readonly locations: readonly Location[];
  readonly loadBalancerTypes: readonly LoadBalancerType[];
  readonly pricing: Pricing;
  /** Wire rows before 2026-10-01; null since: /datacenters answers 410. */
  readonly datacenters: readonly Readonly<Record<string, unknown>>[] | null;
}
export type CatalogueAt = (date: string, options: { readonly vatPercent: number }) => Catalogue;
