import { datacentersOn } from './datacenters.ts';
import { imagesOn } from './images.ts';
import { isosOn } from './isos.ts';
import { loadBalancerTypesOn } from './load-balancer-types.ts';
import { locations } from './locations.ts';
import { pricingOn } from './pricing.ts';
import { serverTypesOn } from './server-types.ts';
import { dayOf } from './steps.ts';
import type { CatalogueAt } from './types.ts';

/**
 * The catalogue of one day: a change of date is a change of world. Types, prices, deprecations and images are that
 * day's; shapes are today's (a catalogue of 2024 still carries `locations` per type, see EMULATOR-DIFFERENCES).
 * `date` is a day or an ISO 8601 instant.
 */
export const catalogueAt: CatalogueAt = (date, { vatPercent }) => {
  const day = dayOf(date);
  const { listed, retired } = serverTypesOn(day, vatPercent);
  const loadBalancerTypes = loadBalancerTypesOn(day, vatPercent);
  return {
    date,
    vatPercent,
    serverTypes: listed,
    retiredServerTypes: retired,
    images: imagesOn(day),
    isos: isosOn(day),
    locations,
    loadBalancerTypes,
    pricing: pricingOn(day, vatPercent, listed, loadBalancerTypes),
    datacenters: datacentersOn(day, listed),
  };
};
