import { z } from 'zod';

/* What we read of the control API's answers (https://tailscale.com/api, checked 2026-11); the rest is left alone. */
export const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

export const keySchema = z.object({ id: z.string(), key: z.string().min(1) });

export const devicesSchema = z.object({
  devices: z.array(
    z.object({
      /** Preferred to the older numeric `id`; either is taken in paths. */
      nodeId: z.string().optional(),
      id: z.string(),
      hostname: z.string(),
      name: z.string(),
      addresses: z.array(z.string()).default([]),
      tags: z.array(z.string()).default([]),
    }),
  ),
});

export const errorSchema = z.object({ message: z.string() });
