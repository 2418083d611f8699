import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';

/** Managed certificates only; uploaded ones carry null. */
export const certificateStatusSchema = z.object({
  issuance: z.enum(['pending', 'completed', 'failed']),
  renewal: z.enum(['scheduled', 'pending', 'failed', 'unavailable']),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type CertificateStatus = z.infer<typeof certificateStatusSchema>;

/** docs.hetzner.cloud, certificates. The private key never comes back. */
export const certificateSchema = z.object({
  id: idSchema,
  name: z.string(),
  labels: labelsSchema,
  type: z.enum(['uploaded', 'managed']),
  /** PEM; null until a managed one is issued. */
  certificate: z.string().nullable(),
  created: timestampSchema,
  not_valid_before: z.string().nullable(),
  not_valid_after: z.string().nullable(),
  domain_names: z.array(z.string()),
  /** SHA-256, upper-case hex with colons. */
  fingerprint: z.string().nullable(),
  status: certificateStatusSchema.nullable(),
  used_by: z.array(z.object({ id: idSchema, type: z.string() })),
});
export type Certificate = z.infer<typeof certificateSchema>;

const name = z.string().min(1).max(128);
/** Sizes: changelog 2026-02-11 (key at most 5 kB, certificate with chain at most 30 kB). */
export const createCertificateRequestSchema = z.object({
  name,
  labels: labelsRequestSchema,
  type: z.enum(['uploaded', 'managed']).optional(),
  certificate: z.string().max(30_000).optional(),
  private_key: z.string().max(5_000).optional(),
  domain_names: z.array(z.string().min(1).max(253)).max(100).nullish(),
});
export type CreateCertificate = z.infer<typeof createCertificateRequestSchema>;
export const updateCertificateRequestSchema = z.object({ name: name.optional(), labels: labelsRequestSchema });
export type UpdateCertificate = z.infer<typeof updateCertificateRequestSchema>;
/** `action` is there for managed ones: the issuance. */
export const createCertificateResponseSchema = z.object({
  certificate: certificateSchema,
  action: actionSchema.nullish(),
});
