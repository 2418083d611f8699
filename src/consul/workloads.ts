import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { CatalogAccess } from '../ports/job-scheduler.ts';
import type { ConsulAsk } from './http.ts';
import { ensurePolicy, findOrNone, policies } from './policies.ts';

/*
 * Nomad's jobs log in to Consul with the identity that Nomad signs for each of them: what `nomad setup consul` sets up
 * (nomad/command/setup_consul.go). Names are those that Nomad expects by default.
 */
const methodName = 'nomad-workloads';
const audience = 'consul.io';
const claims = ['nomad_namespace', 'nomad_job_id', 'nomad_task', 'nomad_service'] as const;

/** Role of the tasks of namespace `default`. */
const roleName = 'nomad-default-tasks';

const bindingRules = [
  {
    Description: 'a service of a Nomad job registers itself',
    Selector: '"nomad_service" in value',
    BindType: 'service',
    BindName: '${value.nomad_service}',
  },
  {
    Description: 'a task of a Nomad job reads',
    Selector: '"nomad_service" not in value',
    BindType: 'role',
    BindName: 'nomad-${value.nomad_namespace}-tasks',
  },
] as const;

/**
 * Tasks of previews log in to nothing: a task whose job has templates asks Consul for a token before it starts (Nomad's
 * implicit identities), and without a role for its namespace it would be refused and never start. What the default role
 * reads, services and keys of everybody on these servers, is no preview's business.
 */
const previewsRole: Role = {
  name: 'nomad-previews-tasks',
  description: 'tasks of previews may do nothing',
  policies: [],
};
const previewsRule = {
  Description: 'a task of a preview',
  Selector: '"nomad_service" not in value and value.nomad_namespace != "default"',
  BindType: 'role',
  BindName: previewsRole.name,
} as const;

export const ensureWorkloads = async (
  ask: ConsulAsk,
  { previews = false, ...identity }: Parameters<CatalogAccess['workloads']>[0],
): Promise<void> => {
  await ensurePolicy(ask, policies.tasks);
  await ensureRole(ask, { name: roleName, description: policies.tasks.description, policies: [policies.tasks.name] });
  if (previews) await ensureRole(ask, previewsRole);
  await ensureMethod(ask, identity);
  await ensureBindingRules(ask, previews ? [...bindingRules, previewsRule] : bindingRules);
};

const roleSchema = z.object({
  ID: z.string(),
  Description: z.string(),
  Policies: z.array(z.object({ Name: z.string() })).nullish(),
});

interface Role {
  readonly name: string;
  readonly description: string;
  readonly policies: readonly string[];
}

const ensureRole = async (ask: ConsulAsk, role: Role): Promise<void> => {
  const present = await findOrNone(() => ask('GET', `/v1/acl/role/name/${role.name}`, roleSchema));
  const names = (present?.Policies ?? []).map((policy) => policy.Name);
  if (present !== undefined && isDeepStrictEqual(names, role.policies)) return;
  const body = { Name: role.name, Description: role.description, Policies: role.policies.map((Name) => ({ Name })) };
  const path = present === undefined ? '/v1/acl/role' : `/v1/acl/role/${present.ID}`;
  await ask('PUT', path, roleSchema, { body });
};

const methodSchema = z.object({
  Type: z.string(),
  TokenLocality: z.string().optional(),
  Config: z.record(z.string(), z.unknown()),
});

/** Consul asks the URL at once and refuses a method whose keys it can't get. */
const ensureMethod = async (
  ask: ConsulAsk,
  { jwksUrl, jwksCa }: { readonly jwksUrl: string; readonly jwksCa: string },
): Promise<void> => {
  const present = await findOrNone(() => ask('GET', `/v1/acl/auth-method/${methodName}`, methodSchema));
  const config = {
    JWKSURL: jwksUrl,
    JWKSCACert: jwksCa,
    JWTSupportedAlgs: ['RS256'],
    BoundAudiences: [audience],
    ClaimMappings: Object.fromEntries(claims.map((claim) => [claim, claim])),
  };
  const same = Object.entries(config).every(([key, value]) => isDeepStrictEqual(present?.Config[key], value));
  if (present?.Type === 'jwt' && same) return;
  const path = present === undefined ? '/v1/acl/auth-method' : `/v1/acl/auth-method/${methodName}`;
  await ask('PUT', path, methodSchema, {
    body: {
      Name: methodName,
      Type: 'jwt',
      Description: 'identities that Nomad signs for its jobs',
      // A token lives in this datacenter only, so that a login needs no other one.
      TokenLocality: 'local',
      Config: config,
    },
  });
};

const ruleSchema = z.object({ ID: z.string(), Selector: z.string(), BindType: z.string(), BindName: z.string() });

/** Rules have no name, so they are known by what they say. */
const ensureBindingRules = async (
  ask: ConsulAsk,
  wanted: readonly ((typeof bindingRules)[number] | typeof previewsRule)[],
): Promise<void> => {
  const present = await ask('GET', `/v1/acl/binding-rules?authmethod=${methodName}`, z.array(ruleSchema).nullable());
  for (const rule of wanted) {
    const exists = (present ?? []).some(
      (one) => one.BindType === rule.BindType && one.BindName === rule.BindName && one.Selector === rule.Selector,
    );
    if (!exists) await ask('PUT', '/v1/acl/binding-rule', ruleSchema, { body: { AuthMethod: methodName, ...rule } });
  }
};
