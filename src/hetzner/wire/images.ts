import { z } from 'zod';
import { deleteProtectionSchema, idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';
import { architectureSchema, deprecationSchema } from './server-types.ts';

/** docs.hetzner.cloud, images. One name exists once per architecture: a name alone is ambiguous. */
export const imageSchema = z.object({
  id: idSchema,
  type: z.enum(['system', 'app', 'snapshot', 'backup']),
  status: z.enum(['available', 'creating', 'unavailable']),
  /** null for snapshots and backups. */
  name: z.string().nullable(),
  description: z.string(),
  image_size: z.number().nullable(),
  disk_size: z.number(),
  created: timestampSchema,
  created_from: z.object({ id: idSchema, name: z.string() }).nullable(),
  bound_to: idSchema.nullable(),
  os_flavor: z.enum(['ubuntu', 'centos', 'debian', 'fedora', 'rocky', 'alma', 'opensuse', 'unknown']),
  os_version: z.string().nullable(),
  rapid_deploy: z.boolean().optional(),
  protection: deleteProtectionSchema,
  /** Gone since 2026-11-02; `deprecation` says it now (changelog 2026-09-08). */
  deprecated: z.string().nullish(),
  deprecation: deprecationSchema.nullish(),
  deleted: z.string().nullable(),
  labels: labelsSchema,
  architecture: architectureSchema,
});
export type Image = z.infer<typeof imageSchema>;

/** `type: snapshot` turns a backup into a snapshot. */
export const updateImageRequestSchema = z.object({
  description: z.string().nullish(),
  type: z.literal('snapshot').nullish(),
  labels: labelsRequestSchema,
});
export type UpdateImage = z.infer<typeof updateImageRequestSchema>;
