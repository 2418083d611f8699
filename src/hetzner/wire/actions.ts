import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';

/** docs.hetzner.cloud, actions. `type` is one of server, image, iso, floating_ip, volume, network, certificate, … */
export const actionResourceSchema = z.object({ id: idSchema, type: z.string() });
export type ActionResource = z.infer<typeof actionResourceSchema>;

/** Every key is always there; `error` is null unless `status` is `error` (hcloud-go's Action.Error looks only at it). */
export const actionSchema = z.object({
  id: idSchema,
  command: z.string(),
  status: z.enum(['running', 'success', 'error']),
  progress: z.int().min(0).max(100),
  started: timestampSchema,
  finished: timestampSchema.nullable(),
  resources: z.array(actionResourceSchema),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type Action = z.infer<typeof actionSchema>;

/** Answer of most mutations. */
export const actionResponseSchema = z.object({ action: actionSchema });
/** Answer of `GET /actions?id=…`: no `meta`. Firewall mutations answer the same shape. */
export const actionsResponseSchema = z.object({ actions: z.array(actionSchema) });
