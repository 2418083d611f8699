import { z } from 'zod';
import { architectureSchema, deprecationSchema } from './server-types.ts';

/** docs.hetzner.cloud, ISOs. */
export const isoSchema = z.object({
  id: z.int(),
  name: z.string().nullable(),
  description: z.string(),
  type: z.enum(['public', 'private']).nullable(),
  deprecation: deprecationSchema.nullable(),
  /** null: boots on every architecture. */
  architecture: architectureSchema.nullable(),
});
export type Iso = z.infer<typeof isoSchema>;
