import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
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

export const ensureWorkloads = async (
  ask: ConsulAsk,
  identity: { readonly jwksUrl: string; readonly jwksCa: string },
): Promise<void> => {
  await ensurePolicy(ask, policies.tasks);
  await ensureRole(ask);
  await ensureMethod(ask, identity);
  await ensureBindingRules(ask);
};

const roleSchema = z.object({
  ID: z.string(),
  Description: z.string(),
  Policies: z.array(z.object({ Name: z.string() })).nullish(),
});

const ensureRole = async (ask: ConsulAsk): Promise<void> => {
  const present = await findOrNone(() => ask('GET', `/v1/acl/role/name/${roleName}`, roleSchema));
  const names = (present?.Policies ?? []).map((policy) => policy.Name);
  if (isDeepStrictEqual(names, [policies.tasks.name])) return;
  const body = { Name: roleName, Description: policies.tasks.description, Policies: [{ Name: policies.tasks.name }] };
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
const ensureBindingRules = async (ask: ConsulAsk): Promise<void> => {
  const present = await ask('GET', `/v1/acl/binding-rules?authmethod=${methodName}`, z.array(ruleSchema).nullable());
  for (const rule of bindingRules) {
    const exists = (present ?? []).some(
      (one) => one.BindType === rule.BindType && one.BindName === rule.BindName && one.Selector === rule.Selector,
    );
    if (!exists) await ask('PUT', '/v1/acl/binding-rule', ruleSchema, { body: { AuthMethod: methodName, ...rule } });
  }
};
