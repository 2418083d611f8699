import { z } from 'zod';
import { typePriceSchema } from './pricing.ts';
import { deprecationSchema } from './server-types.ts';

/** docs.hetzner.cloud, load balancer types. */
export const loadBalancerTypeSchema = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  max_connections: z.int(),
  max_services: z.int(),
  max_targets: z.int(),
  max_assigned_certificates: z.int(),
  prices: z.array(typePriceSchema),
  /** Gone since 2026-11-02; `deprecation` (since July 2026) says it now. */
  deprecated: z.string().nullish(),
  deprecation: deprecationSchema.nullish(),
});
export type LoadBalancerType = z.infer<typeof loadBalancerTypeSchema>;
