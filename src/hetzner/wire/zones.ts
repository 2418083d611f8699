import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { deleteProtectionSchema, idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';

export const recordTypes = [
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'DS',
  'HINFO',
  'HTTPS',
  'MX',
  'NS',
  'PTR',
  'RP',
  'SOA',
  'SRV',
  'SVCB',
  'TLSA',
  'TXT',
] as const;
export const recordTypeSchema = z.enum(recordTypes);
export type RecordType = z.infer<typeof recordTypeSchema>;

const ttl = z.int().min(60).max(2_147_483_647);
export const primaryNameserverSchema = z.object({
  address: z.string(),
  port: z.int().optional(),
  tsig_key: z.string().optional(),
  tsig_algorithm: z.enum(['hmac-md5', 'hmac-sha1', 'hmac-sha256']).optional(),
});
export type PrimaryNameserver = z.infer<typeof primaryNameserverSchema>;

/** docs.hetzner.cloud, zones (DNS in the Cloud API since 2025-11-10). Paths take the id or the name. */
export const zoneSchema = z.object({
  id: idSchema,
  name: z.string(),
  created: timestampSchema,
  mode: z.enum(['primary', 'secondary']),
  ttl,
  labels: labelsSchema,
  protection: deleteProtectionSchema,
  primary_nameservers: z.array(primaryNameserverSchema).optional(),
  status: z.enum(['ok', 'updating', 'error']),
  record_count: z.int(),
  registrar: z.enum(['hetzner', 'other', 'unknown']),
  authoritative_nameservers: z.object({
    assigned: z.array(z.string()),
    delegated: z.array(z.string()),
    delegation_last_check: timestampSchema.nullable(),
    delegation_status: z.enum(['valid', 'partially-valid', 'invalid', 'lame', 'unregistered', 'unknown']).optional(),
  }),
});
export type Zone = z.infer<typeof zoneSchema>;

/** TXT values are sent and answered quoted. */
export const recordSchema = z.object({ value: z.string().min(1), comment: z.string().optional() });
export type DnsRecord = z.infer<typeof recordSchema>;

/** `id` is text: `www/A`, `@/MX`. A null ttl means the zone's. */
export const rrsetSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: recordTypeSchema,
  ttl: ttl.nullable(),
  labels: labelsSchema,
  protection: z.object({ change: z.boolean() }),
  records: z.array(recordSchema),
  zone: idSchema,
});
export type Rrset = z.infer<typeof rrsetSchema>;

const records = z.array(recordSchema).min(1).max(50);
const recordsOf = z.object({ records });
export const createRrsetRequestSchema = z.object({
  name: z.string().min(1),
  type: recordTypeSchema,
  ttl: ttl.nullish(),
  records,
  labels: labelsRequestSchema,
});
export type CreateRrsetRequest = z.infer<typeof createRrsetRequestSchema>;
export const updateRrsetRequestSchema = z.object({ labels: labelsRequestSchema });
export const setRecordsRequestSchema = recordsOf;
/** Creates a missing rrset; a ttl other than the present one's is refused. */
export const addRecordsRequestSchema = recordsOf.extend({ ttl: ttl.nullish() });
export const removeRecordsRequestSchema = recordsOf;
/** Changes comments only. */
export const updateRecordsRequestSchema = z.object({
  records: z
    .array(z.object({ value: z.string().min(1), comment: z.string() }))
    .min(1)
    .max(50),
});
export const changeRrsetTtlRequestSchema = z.object({ ttl: ttl.nullable() });
export const changeRrsetProtectionRequestSchema = z.object({ change: z.boolean() });

export const createZoneRequestSchema = z.object({
  name: z.string().min(1).max(255),
  mode: z.enum(['primary', 'secondary']),
  ttl: ttl.nullish(),
  labels: labelsRequestSchema,
  primary_nameservers: z.array(primaryNameserverSchema).nullish(),
  rrsets: z.array(createRrsetRequestSchema).nullish(),
  zonefile: z.string().nullish(),
});
export type CreateZoneRequest = z.infer<typeof createZoneRequestSchema>;
export const updateZoneRequestSchema = z.object({ labels: labelsRequestSchema });
export const changeZoneTtlRequestSchema = z.object({ ttl });
export const importZonefileRequestSchema = z.object({ zonefile: z.string() });
export const changePrimaryNameserversRequestSchema = z.object({
  primary_nameservers: z.array(primaryNameserverSchema),
});
export const zonefileResponseSchema = z.object({ zonefile: z.string() });
export const createZoneResponseSchema = z.object({ zone: zoneSchema, action: actionSchema });
export const createRrsetResponseSchema = z.object({ rrset: rrsetSchema, action: actionSchema });
