import { z } from 'zod';
import { idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';

/** docs.hetzner.cloud, SSH keys. The fingerprint is MD5 in colon hex. */
export const sshKeySchema = z.object({
  id: idSchema,
  name: z.string(),
  fingerprint: z.string(),
  public_key: z.string(),
  labels: labelsSchema,
  created: timestampSchema,
});
export type SshKey = z.infer<typeof sshKeySchema>;

export const createSshKeyRequestSchema = z.object({
  name: z.string().min(1),
  public_key: z.string().min(1),
  labels: labelsRequestSchema,
});
export const updateSshKeyRequestSchema = z.object({
  name: z.string().min(1).optional(),
  labels: labelsRequestSchema,
});
