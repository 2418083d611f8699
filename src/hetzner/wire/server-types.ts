import { z } from 'zod';
import { typePriceSchema } from './pricing.ts';

export const deprecationSchema = z.object({ announced: z.string(), unavailable_after: z.string() });
export type Deprecation = z.infer<typeof deprecationSchema>;

export const architectureSchema = z.enum(['x86', 'arm']);
export type Architecture = z.infer<typeof architectureSchema>;

/** Being listed means supported there; `available` means that it can be ordered now. */
export const serverTypeLocationSchema = z.object({
  id: z.int(),
  name: z.string(),
  deprecation: deprecationSchema.nullable(),
  recommended: z.boolean(),
  available: z.boolean(),
});
export type ServerTypeLocation = z.infer<typeof serverTypeLocationSchema>;

/** docs.hetzner.cloud, server types. Memory and disk are in GB. */
export const serverTypeSchema = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  category: z.string().optional(),
  cores: z.number(),
  memory: z.number(),
  disk: z.number(),
  /** Gone since 2026-11-02 (changelog 2026-09-08). */
  deprecated: z.boolean().optional(),
  deprecation: deprecationSchema.nullish(),
  prices: z.array(typePriceSchema),
  storage_type: z.enum(['local', 'network']),
  cpu_type: z.enum(['shared', 'dedicated']),
  architecture: architectureSchema,
  /** Since 2025-09-24. */
  locations: z.array(serverTypeLocationSchema).optional(),
});
export type ServerType = z.infer<typeof serverTypeSchema>;
