import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';

const protocol = z.enum(['tcp', 'udp', 'icmp', 'esp', 'gre']);
const direction = z.enum(['in', 'out']);
const port = z.string().regex(/^\d{1,5}(-\d{1,5})?$/, 'port must be a port or a range like 1024-5000');

/** As sent. `port` only with tcp and udp; the IPs that don't belong to the direction may be left out or be empty. */
export const firewallRuleRequestSchema = z.object({
  direction,
  protocol,
  port: port.nullish(),
  source_ips: z.array(z.string()).max(100).optional(),
  destination_ips: z.array(z.string()).max(100).optional(),
  description: z.string().max(255).nullish(),
});
export type FirewallRuleRequest = z.infer<typeof firewallRuleRequestSchema>;

/** As answered: both IP arrays, `port` and `description` always there. */
export const firewallRuleSchema = z.object({
  direction,
  protocol,
  port: z.string().nullable(),
  source_ips: z.array(z.string()),
  destination_ips: z.array(z.string()),
  description: z.string().nullish(),
});
export type FirewallRule = z.infer<typeof firewallRuleSchema>;

const serverReference = z.object({ id: idSchema });
const selectorReference = z.object({ selector: z.string() });

/** What a firewall is put on: one server, or every server that a label selector finds. */
export const firewallResourceSchema = z.object({
  type: z.enum(['server', 'label_selector']),
  server: serverReference.optional(),
  label_selector: selectorReference.optional(),
});
export type FirewallResource = z.infer<typeof firewallResourceSchema>;

export const firewallAppliedToSchema = firewallResourceSchema.extend({
  applied_to_resources: z.array(z.object({ type: z.literal('server'), server: serverReference })).optional(),
});
export type FirewallAppliedTo = z.infer<typeof firewallAppliedToSchema>;

/** docs.hetzner.cloud, firewalls. */
export const firewallSchema = z.object({
  id: idSchema,
  name: z.string(),
  labels: labelsSchema,
  created: timestampSchema,
  rules: z.array(firewallRuleSchema),
  applied_to: z.array(firewallAppliedToSchema),
});
export type Firewall = z.infer<typeof firewallSchema>;

const name = z.string().min(1).max(128);
export const createFirewallRequestSchema = z.object({
  name,
  labels: labelsRequestSchema,
  rules: z.array(firewallRuleRequestSchema).max(50).optional(),
  apply_to: z.array(firewallResourceSchema).nullish(),
});
export type CreateFirewall = z.infer<typeof createFirewallRequestSchema>;
export const updateFirewallRequestSchema = z.object({ name: name.optional(), labels: labelsRequestSchema });
export type UpdateFirewall = z.infer<typeof updateFirewallRequestSchema>;
/** Replaces every rule; an empty list is allowed. */
export const setFirewallRulesRequestSchema = z.object({ rules: z.array(firewallRuleRequestSchema).max(50) });
export type SetFirewallRules = z.infer<typeof setFirewallRulesRequestSchema>;
export const applyFirewallRequestSchema = z.object({ apply_to: z.array(firewallResourceSchema).min(1) });
export type ApplyFirewall = z.infer<typeof applyFirewallRequestSchema>;
export const removeFirewallRequestSchema = z.object({ remove_from: z.array(firewallResourceSchema).min(1) });
export type RemoveFirewall = z.infer<typeof removeFirewallRequestSchema>;
/** One action per server or selector, one for the rules; empty without rules and targets. */
export const createFirewallResponseSchema = z.object({ firewall: firewallSchema, actions: z.array(actionSchema) });
