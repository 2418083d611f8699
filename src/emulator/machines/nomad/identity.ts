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

/** Blocks of the one namespace there is, by its name or by `*`. */
const namespaces = (who: Identity): readonly Rules[] =>
  who.policies.flatMap((policy) => {
    const rules = rulesOf(policy);
    return [block(rules, 'namespace.default'), block(rules, 'namespace.*')];
  });

/** `submit-job`, `read-job` and so on in the namespace `default`. */
export const mayInNamespace = (who: Identity, capability: string): boolean =>
  isManagement(who) ||
  namespaces(who).some((rules) =>
    [...(shorthand[String(rules['policy'] ?? '')] ?? []), ...words(rules['capabilities'])].includes(capability),
  );

/** `node`, `agent`, `operator`. */
export const mayOn = (who: Identity, what: string, access: string): boolean =>
  isManagement(who) ||
  who.policies.some((policy) => {
    const given = block(rulesOf(policy), what)['policy'];
    return given === 'write' || given === access;
  });

export const mayVariable = (who: Identity, path: string, access: 'read' | 'write' | 'list' | 'destroy'): boolean =>
  isManagement(who) ||
  namespaces(who).some((rules) =>
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
