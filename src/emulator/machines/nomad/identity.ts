import { plain, type Value } from '../hcl/evaluate.ts';
import { parseHcl } from '../hcl/parser.ts';
import type { NomadAcl, NomadPolicyRecord, NomadTokenRecord } from './acl-state.ts';

type Rules = Readonly<Record<string, Value>>;

/** Who asks. `enforced` false: the agents run without access control, everyone may do everything. */
export interface Identity {
  readonly enforced: boolean;
  /** null: nobody, or a secret that no token has; both may do nothing. */
  readonly token: NomadTokenRecord | null;
  readonly policies: readonly NomadPolicyRecord[];
}

export const identify = (acl: NomadAcl, secret: string | null, enforced: boolean): Identity => {
  const token = acl.tokens.find((one) => one.SecretID === secret) ?? null;
  return { enforced, token, policies: acl.policies.filter((policy) => token?.Policies?.includes(policy.Name)) };
};

export const isManagement = (who: Identity): boolean => !who.enforced || who.token?.Type === 'management';

/** What a `policy = "…"` of a namespace stands for (nomad/acl/policy.go, expandNamespacePolicy); the part that is asked for here. */
const readJobs = ['list-jobs', 'parse-job', 'read-job'];
const shorthand: Readonly<Record<string, readonly string[]>> = {
  read: readJobs,
  write: [
    ...readJobs,
    'submit-job',
    'dispatch-job',
    'read-logs',
    'read-fs',
    'alloc-exec',
    'alloc-lifecycle',
    'scale-job',
  ],
  scale: [],
};

const parsed = new WeakMap<NomadPolicyRecord, Rules>();
export const readRules = (text: string): Rules => plain(parseHcl(text));
const rulesOf = (policy: NomadPolicyRecord): Rules => {
  const known = parsed.get(policy) ?? readRules(policy.Rules);
  parsed.set(policy, known);
  return known;
};

const block = (rules: Rules, name: string): Rules => {
  const value = rules[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Rules) : {};
};
const words = (value: Value | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const label = 'namespace.';
/**
 * The block of a policy that counts for a namespace: the one of its name, else of the globs that fit the one with the
 * fewest letters left to chance (nomad/acl/acl.go, findClosestMatchingGlob).
 */
const namespaces = (who: Identity, namespace: string): readonly Rules[] =>
  who.policies.flatMap((policy) => {
    const rules = rulesOf(policy);
    const names = Object.keys(rules)
      .filter((key) => key.startsWith(label) && fits(key.slice(label.length), namespace))
      .toSorted((a, b) => Number(a.includes('*')) - Number(b.includes('*')) || b.length - a.length);
    return names.slice(0, 1).map((name) => block(rules, name));
  });

/** May do anything at all in it: then it is listed. */
export const seesNamespace = (who: Identity, namespace: string): boolean =>
  isManagement(who) ||
  namespaces(who, namespace).some((rules) => rules['policy'] !== undefined || words(rules['capabilities']).length > 0);

/** In any namespace at all: then a list of all of them shows what may be seen. */
export const maySomewhere = (who: Identity, capability: string): boolean =>
  isManagement(who) ||
  who.policies.some((policy) =>
    Object.entries(rulesOf(policy)).some(([key, rules]) => key.startsWith(label) && has(rules as Rules, capability)),
  );

const has = (rules: Rules, capability: string): boolean =>
  [...(shorthand[String(rules['policy'] ?? '')] ?? []), ...words(rules['capabilities'])].includes(capability);

/** `submit-job`, `read-job` and so on. */
export const mayInNamespace = (who: Identity, capability: string, namespace: string): boolean =>
  isManagement(who) || namespaces(who, namespace).some((rules) => has(rules, capability));

/** `node`, `agent`, `operator`. */
export const mayOn = (who: Identity, what: string, access: string): boolean =>
  isManagement(who) ||
  who.policies.some((policy) => {
    const given = block(rulesOf(policy), what)['policy'];
    return given === 'write' || given === access;
  });

export const mayVariable = (
  who: Identity,
  { namespace, path }: { readonly namespace: string; readonly path: string },
  access: 'read' | 'write' | 'list' | 'destroy',
): boolean =>
  isManagement(who) ||
  namespaces(who, namespace).some((rules) =>
    Object.entries(block(rules, 'variables')).some(
      ([key, value]) =>
        key.startsWith('path.') &&
        fits(key.slice('path.'.length), path) &&
        words((value as Rules)['capabilities']).includes(access),
    ),
  );

/** `*` stands for anything, slashes too. */
const fits = (glob: string, path: string): boolean =>
  new RegExp(`^${glob.split('*').map(escapeText).join('.*')}$`).test(path);
const escapeText = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
