import type { FirewallRule } from '../../domain/environment.ts';
import { canonicalCidr, parseCidr } from '../../domain/ip.ts';
import type { ObservedItem } from '../../domain/observation.ts';
import type { Resource } from '../../domain/resource.ts';
import { because, reason, ruleText } from '../describe.ts';
import type { Difference } from '../verdict.ts';

/** Field: rules. Their order means nothing to Hetzner, so they are compared as a set and replaced as a whole. */
export const diffFirewall = (want: Resource<'firewall'>, have: ObservedItem<'firewall'>): Difference => {
  const wanted = new Set(want.spec.rules.map(canonicalRule));
  const present = new Set(have.facts.rules.map(canonicalRule));
  const added = [...present].filter((rule) => !wanted.has(rule)).sort();
  const missing = [...wanted].filter((rule) => !present.has(rule)).sort();
  if (added.length === 0 && missing.length === 0) return { reasons: [], changes: [] };
  return {
    reasons: [
      ...added.map((rule) => reason('rules', 'infra.yaml does not have this rule', rule, undefined)),
      ...missing.map((rule) => reason('rules', because.differs, undefined, rule)),
    ],
    changes: [{ op: 'set-rules', rules: want.spec.rules }],
  };
};

/** Hetzner answers with canonical CIDRs and without empty descriptions; both sides are spelled so before comparing. */
const canonicalRule = ({ description, ips, ...rule }: FirewallRule): string =>
  ruleText({
    ...rule,
    ips: ips.map((ip) => {
      const cidr = parseCidr(ip);
      return cidr === undefined ? ip : canonicalCidr(cidr);
    }),
    ...(description === undefined || description === '' ? {} : { description }),
  });
