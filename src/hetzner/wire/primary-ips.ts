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

/** docs.hetzner.cloud, primary IPs. `ip` of an ipv6 one is its /64 network. */
export const primaryIpSchema = z.object({
  id: idSchema,
  name: z.string(),
  labels: labelsSchema,
  created: timestampSchema,
  blocked: z.boolean(),
  location: locationSchema,
  ip: z.string(),
  dns_ptr: z.array(dnsPtrSchema),
  protection: deleteProtectionSchema,
  type: z.enum(['ipv4', 'ipv6']),
  auto_delete: z.boolean(),
  /** `unassigned` for free ones since 2026-08-01. */
  assignee_type: z.enum(['server', 'unassigned']),
  assignee_id: idSchema.nullable(),
});
export type PrimaryIp = z.infer<typeof primaryIpSchema>;

const name = z.string().min(1).max(128);
export const createPrimaryIpRequestSchema = z.object({
  name,
  labels: labelsRequestSchema,
  type: z.enum(['ipv4', 'ipv6']),
  location: idOrNameSchema.optional(),
  /** Optional since 2026-04-27. */
  assignee_type: z.enum(['server', 'unassigned']).optional(),
  assignee_id: idSchema.nullish(),
  auto_delete: z.boolean().optional(),
});
export type CreatePrimaryIp = z.infer<typeof createPrimaryIpRequestSchema>;
export const updatePrimaryIpRequestSchema = z.object({
  name: name.optional(),
  labels: labelsRequestSchema,
  auto_delete: z.boolean().optional(),
});
export type UpdatePrimaryIp = z.infer<typeof updatePrimaryIpRequestSchema>;
export const assignPrimaryIpRequestSchema = z.object({ assignee_type: z.literal('server'), assignee_id: idSchema });
export type AssignPrimaryIp = z.infer<typeof assignPrimaryIpRequestSchema>;
/** `action` only when it was assigned at once. */
export const createPrimaryIpResponseSchema = z.object({ primary_ip: primaryIpSchema, action: actionSchema.nullish() });
