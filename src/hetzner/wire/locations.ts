import { z } from 'zod';

/** docs.hetzner.cloud, locations. `network_zone` is where networks and load balancers can reach: eu-central, us-east, … */
export const locationSchema = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  country: z.string(),
  city: z.string(),
  latitude: z.number(),
  longitude: z.number(),
  network_zone: z.string(),
});
export type Location = z.infer<typeof locationSchema>;
