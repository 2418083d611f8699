import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { idOrNameSchema, idSchema, labelsRequestSchema } from './common.ts';
import { imageSchema } from './images.ts';
import { serverSchema } from './servers.ts';

/*
 * Bodies of POST /servers and of the servers' actions. `nullish` where hcloud-go or the Python client send an explicit
 * null for a thing they do not set.
 */
export const createServerRequestSchema = z.object({
  name: z.string().min(1),
  server_type: idOrNameSchema,
  image: idOrNameSchema,
  location: idOrNameSchema.nullish(),
  start_after_create: z.boolean().nullish(),
  placement_group: idSchema.nullish(),
  ssh_keys: z.array(idOrNameSchema).nullish(),
  volumes: z.array(idSchema).nullish(),
  automount: z.boolean().nullish(),
  networks: z.array(idSchema).nullish(),
  firewalls: z.array(z.object({ firewall: idSchema })).nullish(),
  user_data: z.string().nullish(),
  labels: labelsRequestSchema,
  public_net: z
    .object({
      enable_ipv4: z.boolean().nullish(),
      enable_ipv6: z.boolean().nullish(),
      ipv4: idSchema.nullish(),
      ipv6: idSchema.nullish(),
    })
    .nullish(),
});
export type CreateServerRequest = z.infer<typeof createServerRequestSchema>;

export const createServerResponseSchema = z.object({
  server: serverSchema,
  action: actionSchema,
  next_actions: z.array(actionSchema),
  /** Null when SSH keys were given. */
  root_password: z.string().nullable(),
});
export const updateServerRequestSchema = z.object({
  name: z.string().min(1).optional(),
  labels: labelsRequestSchema,
});
export const changeServerTypeRequestSchema = z.object({ server_type: idOrNameSchema, upgrade_disk: z.boolean() });
/** `user_data` since 2026-01; left out, the former user data is used again. */
export const rebuildServerRequestSchema = z.object({ image: idOrNameSchema, user_data: z.string().nullish() });
export const enableRescueRequestSchema = z.object({
  type: z.literal('linux64').nullish(),
  ssh_keys: z.array(idSchema).nullish(),
});
export const createImageRequestSchema = z.object({
  type: z.enum(['snapshot', 'backup']).nullish(),
  description: z.string().nullish(),
  labels: labelsRequestSchema,
});
export const attachServerToNetworkRequestSchema = z.object({
  network: idSchema,
  ip: z.string().nullish(),
  alias_ips: z.array(z.string()).nullish(),
  /** Picks the subnet; since 2025-09-11. */
  ip_range: z.string().nullish(),
});
export const detachFromNetworkRequestSchema = z.object({ network: idSchema });
export const changeAliasIpsRequestSchema = z.object({ network: idSchema, alias_ips: z.array(z.string()) });
export const changeServerProtectionRequestSchema = z.object({
  delete: z.boolean().optional(),
  rebuild: z.boolean().optional(),
});
export const attachIsoRequestSchema = z.object({ iso: idOrNameSchema });
export const addToPlacementGroupRequestSchema = z.object({ placement_group: idSchema });

/** Answer of rebuild, reset_password and enable_rescue. */
export const actionWithPasswordResponseSchema = z.object({
  action: actionSchema,
  root_password: z.string().nullable(),
});
export const requestConsoleResponseSchema = z.object({
  action: actionSchema,
  wss_url: z.string(),
  password: z.string(),
});
export const createImageResponseSchema = z.object({ action: actionSchema, image: imageSchema });

/** Samples are [UNIX seconds, decimal text]. Also the answer of load balancer metrics. */
export const metricsResponseSchema = z.object({
  metrics: z.object({
    start: z.string(),
    end: z.string(),
    step: z.number(),
    time_series: z.record(z.string(), z.object({ values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
});
