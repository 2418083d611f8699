import { z } from 'zod';

/** An id: JSON number, integer. */
export const idSchema = z.int().positive();

/** Fields that take an id or a name: documented as text, hcloud-go sends ids as numbers (schema/id_or_name.go). */
export const idOrNameSchema = z.union([z.int().positive(), z.string().min(1)]);
export type IdOrName = z.infer<typeof idOrNameSchema>;

/** RFC 3339 text, e.g. `2026-11-24T04:00:00+00:00`. */
export const timestampSchema = z.string().min(20);

/** Labels as they come back: never null. Which keys and values are allowed is a rule of the server, not a shape. */
export const labelsSchema = z.record(z.string(), z.string());

/** hcloud-go sends `null` for labels it has none of in a few requests. */
export const labelsRequestSchema = labelsSchema.nullish();

export const deleteProtectionSchema = z.object({ delete: z.boolean() });

export const dnsPtrSchema = z.object({ ip: z.string(), dns_ptr: z.string() });
export type DnsPtr = z.infer<typeof dnsPtrSchema>;

/** Body of every `change_protection` but the servers' own and the rrsets'. */
export const changeProtectionRequestSchema = z.object({ delete: z.boolean().optional() });
/** Body of every `change_dns_ptr`; null restores the default. */
export const changeDnsPtrRequestSchema = z.object({ ip: z.string(), dns_ptr: z.string().nullable() });

/** docs.hetzner.cloud, pagination. */
export const paginationSchema = z.object({
  page: z.int(),
  per_page: z.int(),
  previous_page: z.int().nullable(),
  next_page: z.int().nullable(),
  last_page: z.int().nullable(),
  total_entries: z.int().nullable(),
});
export type Pagination = z.infer<typeof paginationSchema>;
export const metaSchema = z.object({ pagination: paginationSchema });

/** docs.hetzner.cloud, errors. `details` is null or an object; `fields` may be missing from an `invalid_input`. */
export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).nullish(),
  }),
});
export type ErrorBody = z.infer<typeof errorSchema>;

/** `{ <key>: [...], meta }`: one page of a list. */
export const listSchema = <Key extends string, Item extends z.ZodType>(key: Key, item: Item) =>
  z.object({ [key]: z.array(item), meta: metaSchema } as Record<Key, z.ZodArray<Item>> & { meta: typeof metaSchema });

/** `{ <key>: {...} }`: one object. */
export const oneSchema = <Key extends string, Item extends z.ZodType>(key: Key, item: Item) =>
  z.object({ [key]: item } as Record<Key, Item>);
