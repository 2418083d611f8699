import { z } from 'zod';

/** Decimal text, up to 16 fraction digits at Hetzner; money is never a float here. */
const decimal = z.string().regex(/^\d+(\.\d+)?$/);
export const amountSchema = z.object({ net: decimal, gross: decimal });
export type Amount = z.infer<typeof amountSchema>;

/** Price of a server or load balancer type in one location. `included_traffic` is in bytes. */
export const typePriceSchema = z.object({
  location: z.string(),
  price_hourly: amountSchema,
  price_monthly: amountSchema,
  included_traffic: z.int(),
  price_per_tb_traffic: amountSchema,
});
export type TypePrice = z.infer<typeof typePriceSchema>;

const typePricesSchema = z.object({ id: z.int(), name: z.string(), prices: z.array(typePriceSchema) });

/** docs.hetzner.cloud, pricing. List prices as of now; older servers may keep an older price. */
export const pricingSchema = z.object({
  currency: z.string(),
  /** Percent as text: `"21.00"`. */
  vat_rate: decimal,
  primary_ips: z.array(
    z.object({
      type: z.enum(['ipv4', 'ipv6']),
      prices: z.array(z.object({ location: z.string(), price_hourly: amountSchema, price_monthly: amountSchema })),
    }),
  ),
  floating_ips: z.array(
    z.object({
      type: z.enum(['ipv4', 'ipv6']),
      prices: z.array(z.object({ location: z.string(), price_monthly: amountSchema })),
    }),
  ),
  image: z.object({ price_per_gb_month: amountSchema }),
  volume: z.object({ price_per_gb_month: amountSchema }),
  server_backup: z.object({ percentage: decimal }),
  server_types: z.array(typePricesSchema),
  load_balancer_types: z.array(typePricesSchema),
  /** The older, location-less price. */
  floating_ip: z.object({ price_monthly: amountSchema }),
});
export type Pricing = z.infer<typeof pricingSchema>;
