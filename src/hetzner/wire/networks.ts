import { z } from 'zod';
import { idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';

export const subnetTypeSchema = z.enum(['cloud', 'server', 'vswitch']);

/** `gateway` is the first address of the whole network, whatever the subnet. */
export const subnetSchema = z.object({
  type: subnetTypeSchema,
  ip_range: z.string(),
  network_zone: z.string(),
  gateway: z.string(),
  vswitch_id: idSchema.nullable(),
});
export type Subnet = z.infer<typeof subnetSchema>;

export const routeSchema = z.object({ destination: z.string(), gateway: z.string() });
export type NetworkRoute = z.infer<typeof routeSchema>;

/** docs.hetzner.cloud, networks. */
export const networkSchema = z.object({
  id: idSchema,
  name: z.string(),
  ip_range: z.string(),
  subnets: z.array(subnetSchema),
  routes: z.array(routeSchema),
  servers: z.array(idSchema),
  load_balancers: z.array(idSchema),
  protection: z.object({ delete: z.boolean() }),
  labels: labelsSchema,
  created: timestampSchema,
  expose_routes_to_vswitch: z.boolean(),
});
export type Network = z.infer<typeof networkSchema>;

export const addSubnetRequestSchema = z.object({
  type: subnetTypeSchema,
  ip_range: z.string().nullish(),
  network_zone: z.string(),
  vswitch_id: idSchema.nullish(),
});
export const createNetworkRequestSchema = z.object({
  name: z.string().min(1).max(128),
  ip_range: z.string(),
  subnets: z.array(addSubnetRequestSchema).nullish(),
  routes: z.array(routeSchema).nullish(),
  labels: labelsRequestSchema,
  expose_routes_to_vswitch: z.boolean().nullish(),
});
export const updateNetworkRequestSchema = z.object({
  name: z.string().min(1).max(128).optional(),
  labels: labelsRequestSchema,
  expose_routes_to_vswitch: z.boolean().nullish(),
});
export const deleteSubnetRequestSchema = z.object({ ip_range: z.string() });
export const changeIpRangeRequestSchema = z.object({ ip_range: z.string() });

/** GET /networks/{id}/members, since 2026-09-15. */
export const networkMemberSchema = z.object({
  type: z.enum(['server', 'load_balancer']),
  id: idSchema,
  ip: z.string(),
  status: z.enum(['ok', 'attaching', 'detaching', 'updating', 'error']),
  alias_ips: z.array(z.string()),
  subnet: z.string().nullable(),
});
export type NetworkMember = z.infer<typeof networkMemberSchema>;
