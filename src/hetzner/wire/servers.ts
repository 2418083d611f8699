import { z } from 'zod';
import { dnsPtrSchema, idSchema, labelsSchema, timestampSchema } from './common.ts';
import { imageSchema } from './images.ts';
import { isoSchema } from './isos.ts';
import { locationSchema } from './locations.ts';
import { placementGroupSchema } from './placement-groups.ts';
import { serverTypeSchema } from './server-types.ts';

export const serverStatusSchema = z.enum([
  'running',
  'initializing',
  'starting',
  'stopping',
  'off',
  'deleting',
  'migrating',
  'rebuilding',
  'unknown',
]);
export type ServerStatus = z.infer<typeof serverStatusSchema>;

export const publicNetSchema = z.object({
  ipv4: z.object({ id: idSchema, ip: z.string(), blocked: z.boolean(), dns_ptr: z.string() }).nullable(),
  /** `ip` is the /64 network; `dns_ptr` names single addresses in it. */
  ipv6: z
    .object({ id: idSchema, ip: z.string(), blocked: z.boolean(), dns_ptr: z.array(dnsPtrSchema).nullable() })
    .nullable(),
  floating_ips: z.array(idSchema),
  firewalls: z.array(z.object({ id: idSchema, status: z.enum(['applied', 'pending']) })),
});
export type PublicNet = z.infer<typeof publicNetSchema>;

export const privateNetSchema = z.object({
  network: idSchema,
  ip: z.string(),
  alias_ips: z.array(z.string()),
  mac_address: z.string(),
});
export type PrivateNet = z.infer<typeof privateNetSchema>;

/** docs.hetzner.cloud, servers. `datacenter` is gone since 2026-07-01; traffic is in bytes, disks are in GB. */
export const serverSchema = z.object({
  id: idSchema,
  name: z.string(),
  status: serverStatusSchema,
  created: timestampSchema,
  public_net: publicNetSchema,
  private_net: z.array(privateNetSchema),
  server_type: serverTypeSchema,
  location: locationSchema,
  image: imageSchema.nullable(),
  iso: isoSchema.nullable(),
  rescue_enabled: z.boolean(),
  locked: z.boolean(),
  backup_window: z.string().nullable(),
  outgoing_traffic: z.int().nullable(),
  ingoing_traffic: z.int().nullable(),
  included_traffic: z.int().nullable(),
  protection: z.object({ delete: z.boolean(), rebuild: z.boolean() }),
  labels: labelsSchema,
  volumes: z.array(idSchema),
  load_balancers: z.array(idSchema),
  primary_disk_size: z.number(),
  placement_group: placementGroupSchema.nullable(),
});
export type Server = z.infer<typeof serverSchema>;
