import { z } from 'zod';
import { actionSchema } from './actions.ts';
import {
  deleteProtectionSchema,
  idOrNameSchema,
  idSchema,
  labelsRequestSchema,
  labelsSchema,
  timestampSchema,
} from './common.ts';
import { loadBalancerTypeSchema } from './load-balancer-types.ts';
import { locationSchema } from './locations.ts';

const protocol = z.enum(['tcp', 'http', 'https']);
const port = z.int().min(1).max(65_535);
const algorithmType = z.enum(['round_robin', 'least_connections']);

export const healthCheckHttpSchema = z.object({
  domain: z.string().max(128).nullable(),
  path: z.string().min(1).max(256),
  response: z.string().max(256).optional(),
  status_codes: z.array(z.string()).max(20).optional(),
  tls: z.boolean().optional(),
});
/** Seconds; an unhealthy target needs `retries` successes to be healthy again. */
export const healthCheckSchema = z.object({
  protocol: z.enum(['tcp', 'http']),
  port,
  interval: z.int().min(3).max(60),
  timeout: z.int().min(1).max(60),
  retries: z.int().min(1).max(5),
  http: healthCheckHttpSchema.optional(),
});
export type HealthCheck = z.infer<typeof healthCheckSchema>;

const httpFields = {
  cookie_name: z.string().min(1).max(100),
  cookie_lifetime: z.int().min(30).max(86_400),
  /** Seconds; since 2026-04-30. */
  timeout_idle: z.int().min(30).max(300),
  sticky_sessions: z.boolean(),
};
export const serviceHttpSchema = z.object({
  ...httpFields,
  /** https only. */
  certificates: z.array(idSchema).optional(),
  redirect_http: z.boolean().optional(),
});
export type ServiceHttp = z.infer<typeof serviceHttpSchema>;

/** A service as answered: every default filled in; `listen_port` is its key. */
export const loadBalancerServiceSchema = z.object({
  protocol,
  listen_port: port,
  destination_port: port,
  proxyprotocol: z.boolean(),
  http: serviceHttpSchema.optional(),
  health_check: healthCheckSchema,
});
export type LoadBalancerService = z.infer<typeof loadBalancerServiceSchema>;

export const healthStatusSchema = z.object({
  listen_port: z.int(),
  status: z.enum(['healthy', 'unhealthy', 'unknown']),
  /** Since 2026-08-17, only when unhealthy. */
  detail: z
    .enum([
      'unspecified',
      'layer4_no_connection',
      'layer4_timeout',
      'layer7_timeout',
      'unexpected_http_status',
      'unexpected_http_content',
    ])
    .optional(),
  http_status_code: z.int().optional(),
});
export type HealthStatus = z.infer<typeof healthStatusSchema>;

const serverOfTarget = z.object({ id: idSchema, ip: z.string().optional() });
const resolvedTargetSchema = z.object({
  type: z.literal('server'),
  server: serverOfTarget,
  health_status: z.array(healthStatusSchema),
  use_private_ip: z.boolean(),
});
export const loadBalancerTargetSchema = z.discriminatedUnion('type', [
  resolvedTargetSchema,
  z.object({
    type: z.literal('label_selector'),
    label_selector: z.object({ selector: z.string() }),
    /** The servers that the selector finds now. */
    targets: z.array(resolvedTargetSchema),
    use_private_ip: z.boolean(),
  }),
  z.object({ type: z.literal('ip'), ip: z.object({ ip: z.string() }), health_status: z.array(healthStatusSchema) }),
]);
export type LoadBalancerTarget = z.infer<typeof loadBalancerTargetSchema>;

const publicAddress = z.object({ ip: z.string().nullable(), dns_ptr: z.string().nullable() });
/** docs.hetzner.cloud, load balancers. */
export const loadBalancerSchema = z.object({
  id: idSchema,
  name: z.string(),
  public_net: z.object({ enabled: z.boolean(), ipv4: publicAddress, ipv6: publicAddress }),
  private_net: z.array(z.object({ network: idSchema, ip: z.string() })),
  location: locationSchema,
  load_balancer_type: loadBalancerTypeSchema,
  protection: deleteProtectionSchema,
  labels: labelsSchema,
  created: timestampSchema,
  services: z.array(loadBalancerServiceSchema),
  targets: z.array(loadBalancerTargetSchema),
  algorithm: z.object({ type: algorithmType }),
  outgoing_traffic: z.int().nullable(),
  ingoing_traffic: z.int().nullable(),
  included_traffic: z.int(),
});
export type LoadBalancer = z.infer<typeof loadBalancerSchema>;

/** Everything but the protocol has a default (hcloud cli e2e: `add-service --protocol http` alone works). */
export const addServiceRequestSchema = z.object({
  protocol,
  listen_port: port.optional(),
  destination_port: port.optional(),
  proxyprotocol: z.boolean().optional(),
  http: serviceHttpSchema.partial().nullish(),
  health_check: healthCheckSchema.partial().extend({ http: healthCheckHttpSchema.partial().nullish() }).nullish(),
});
export type AddServiceRequest = z.infer<typeof addServiceRequestSchema>;
/** `listen_port` names the service; what is left out stays as it is. */
export const updateServiceRequestSchema = addServiceRequestSchema.extend({
  protocol: protocol.optional(),
  listen_port: port,
});
export type UpdateServiceRequest = z.infer<typeof updateServiceRequestSchema>;
export const deleteServiceRequestSchema = z.object({ listen_port: z.int() });

export const removeTargetRequestSchema = z.object({
  /** Required since 2025-11-06. */
  type: z.enum(['server', 'label_selector', 'ip']),
  server: serverOfTarget.optional(),
  label_selector: z.object({ selector: z.string().min(1).max(1_000) }).optional(),
  ip: z.object({ ip: z.string() }).optional(),
});
export const addTargetRequestSchema = removeTargetRequestSchema.extend({ use_private_ip: z.boolean().nullish() });
export type AddTargetRequest = z.infer<typeof addTargetRequestSchema>;

const name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\S(.*\S)?$/, 'name may not begin or end with white space');
export const createLoadBalancerRequestSchema = z.object({
  name,
  load_balancer_type: idOrNameSchema,
  /** One of the two. */
  location: idOrNameSchema.nullish(),
  network_zone: z.string().nullish(),
  algorithm: z.object({ type: algorithmType.nullish() }).nullish(),
  services: z.array(addServiceRequestSchema).nullish(),
  targets: z.array(addTargetRequestSchema).nullish(),
  labels: labelsRequestSchema,
  public_interface: z.boolean().nullish(),
  network: idSchema.nullish(),
});
export type CreateLoadBalancerRequest = z.infer<typeof createLoadBalancerRequestSchema>;
export const updateLoadBalancerRequestSchema = z.object({ name: name.optional(), labels: labelsRequestSchema });
export const attachLoadBalancerRequestSchema = z.object({
  network: idSchema,
  ip: z.string().nullish(),
  /** Picks the subnet; since 2025-09-11. */
  ip_range: z.string().nullish(),
});
export const detachLoadBalancerRequestSchema = z.object({ network: idSchema });
export const changeAlgorithmRequestSchema = z.object({ type: algorithmType });
export const changeLoadBalancerTypeRequestSchema = z.object({ load_balancer_type: idOrNameSchema });
export const createLoadBalancerResponseSchema = z.object({ load_balancer: loadBalancerSchema, action: actionSchema });
