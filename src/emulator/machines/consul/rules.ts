import { plain, type Value } from '../hcl/evaluate.ts';
import { parseHcl } from '../hcl/parser.ts';
import { type ConsulAcl, type Link, managementPolicy, type PolicyRecord, readOnlyPolicy } from './acl-state.ts';

type Access = 'read' | 'write';
/** `acl`, `operator`; or with a name: `node`, `service`, `agent`, `key`. */
export interface Permission {
  readonly resource: string;
  readonly access: Access;
  readonly name?: string;
}
type Rules = Readonly<Record<string, Value>>;

const parsed = new WeakMap<PolicyRecord, Rules>();
/** Throws HclError where they can't be read. */
const rulesOf = (policy: PolicyRecord): Rules => {
  const known = parsed.get(policy) ?? plain(parseHcl(policy.Rules));
  parsed.set(policy, known);
  return known;
};
export const readRules = (text: string): Rules => plain(parseHcl(text));

/** The policies that are linked, directly or by a role. */
export const policiesOf = (
  acl: ConsulAcl,
  holder: { readonly Policies?: readonly Link[]; readonly Roles?: readonly Link[] },
): readonly PolicyRecord[] => {
  const roles = acl.roles.filter((role) => holder.Roles?.some((link) => link.ID === role.ID));
  const links = [...(holder.Policies ?? []), ...roles.flatMap((role) => role.Policies ?? [])];
  return acl.policies.filter((policy) => links.some((link) => link.ID === policy.ID));
};

/** An exact rule beats a prefix, a longer prefix a shorter one; of equal ones deny wins, then write (docs/security/acl). */
export const allows = (policies: readonly PolicyRecord[], wanted: Permission): boolean => {
  if (policies.some((policy) => policy.ID === managementPolicy.ID)) return true;
  if (wanted.access === 'read' && policies.some((policy) => policy.ID === readOnlyPolicy.ID)) return true;
  const verdict = wanted.name === undefined ? plainRule(policies, wanted.resource) : namedRule(policies, wanted);
  return verdict === 'write' || (verdict === 'read' && wanted.access === 'read');
};

const plainRule = (policies: readonly PolicyRecord[], resource: string): string | undefined =>
  strongest(policies.map((policy) => rulesOf(policy)[resource]));

const namedRule = (policies: readonly PolicyRecord[], { resource, name = '' }: Permission): string | undefined => {
  const rules = policies.map(rulesOf);
  const exact = strongest(rules.map((one) => policyIn(one[`${resource}.${name}`])));
  if (exact !== undefined) return exact;
  const start = `${resource}_prefix.`;
  const prefixes = new Set(
    rules.flatMap((one) =>
      Object.keys(one).filter((key) => key.startsWith(start) && name.startsWith(key.slice(start.length))),
    ),
  );
  const [longest] = [...prefixes].toSorted((a, b) => b.length - a.length);
  return longest === undefined ? undefined : strongest(rules.map((one) => policyIn(one[longest])));
};

const policyIn = (block: Value | undefined): Value | undefined =>
  typeof block === 'object' && block !== null && !Array.isArray(block) ? (block as Rules)['policy'] : undefined;

const order = ['deny', 'write', 'list', 'read'];
const strongest = (verdicts: readonly (Value | undefined)[]): string | undefined =>
  order.find((verdict) => verdicts.includes(verdict));
