import { z } from 'zod';
import { actionSchema } from './actions.ts';
import {
  deleteProtectionSchema,
  dnsPtrSchema,
  idOrNameSchema,
  idSchema,
  labelsRequestSchema,
  labelsSchema,
  timestampSchema,
} from './common.ts';
import { locationSchema } from './locations.ts';

/** docs.hetzner.cloud, floating IPs. */
export const floatingIpSchema = z.object({
  id: idSchema,
  name: z.string(),
  description: z.string().nullable(),
  ip: z.string(),
  type: z.enum(['ipv4', 'ipv6']),
  server: idSchema.nullable(),
  dns_ptr: z.array(dnsPtrSchema),
  home_location: locationSchema,
  blocked: z.boolean(),
  protection: deleteProtectionSchema,
  labels: labelsSchema,
  created: timestampSchema,
});
export type FloatingIp = z.infer<typeof floatingIpSchema>;

export const createFloatingIpRequestSchema = z.object({
  type: z.enum(['ipv4', 'ipv6']),
  server: idSchema.nullish(),
  home_location: idOrNameSchema.nullish(),
  name: z.string().min(1).max(128).nullish(),
  description: z.string().nullish(),
  labels: labelsRequestSchema,
});
export type CreateFloatingIp = z.infer<typeof createFloatingIpRequestSchema>;
export const updateFloatingIpRequestSchema = z.object({
  name: z.string().max(128).optional(),
  description: z.string().nullish(),
  labels: labelsRequestSchema,
});
export type UpdateFloatingIp = z.infer<typeof updateFloatingIpRequestSchema>;
export const assignFloatingIpRequestSchema = z.object({ server: idSchema });
export type AssignFloatingIp = z.infer<typeof assignFloatingIpRequestSchema>;
/** `action` only when it was assigned at once. */
export const createFloatingIpResponseSchema = z.object({
  floating_ip: floatingIpSchema,
  action: actionSchema.nullish(),
});
