import { z } from 'zod';
import { actionSchema } from './actions.ts';
import {
  deleteProtectionSchema,
  idOrNameSchema,
  idSchema,
  labelsRequestSchema,
  labelsSchema,
  timestampSchema,
} from './common.ts';
import { locationSchema } from './locations.ts';

/** docs.hetzner.cloud, volumes. Size is in GB. */
export const volumeSchema = z.object({
  id: idSchema,
  name: z.string(),
  server: idSchema.nullable(),
  status: z.enum(['available', 'creating']),
  location: locationSchema,
  size: z.number(),
  linux_device: z.string(),
  protection: deleteProtectionSchema,
  labels: labelsSchema,
  created: timestampSchema,
  format: z.string().nullable(),
});
export type Volume = z.infer<typeof volumeSchema>;

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, 'name may hold letters, digits, hyphens, dots and underscores');
const size = z.int().min(10).max(10_240);
/** `location` or `server`; `automount` only with a server. */
export const createVolumeRequestSchema = z.object({
  name,
  size,
  labels: labelsRequestSchema,
  location: idOrNameSchema.nullish(),
  server: idSchema.nullish(),
  automount: z.boolean().nullish(),
  format: z.enum(['xfs', 'ext4']).nullish(),
});
export type CreateVolume = z.infer<typeof createVolumeRequestSchema>;
export const updateVolumeRequestSchema = z.object({ name: name.optional(), labels: labelsRequestSchema });
export type UpdateVolume = z.infer<typeof updateVolumeRequestSchema>;
export const attachVolumeRequestSchema = z.object({ server: idSchema, automount: z.boolean().nullish() });
export type AttachVolume = z.infer<typeof attachVolumeRequestSchema>;
/** Grows only. */
export const resizeVolumeRequestSchema = z.object({ size });
export type ResizeVolume = z.infer<typeof resizeVolumeRequestSchema>;
export const createVolumeResponseSchema = z.object({
  volume: volumeSchema,
  action: actionSchema,
  next_actions: z.array(actionSchema),
});
