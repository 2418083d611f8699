import { z } from 'zod';
import { HclError } from '../hcl/tokens.ts';
import { type Answer, json, plainText } from '../replies.ts';
import { stableUuid } from '../rows.ts';
import { hashOf, managementPolicy, type PolicyRecord, type RoleRecord, readOnlyPolicy } from './acl-state.ts';
import { linkSchema, linksTo } from './links.ts';
import type { ConsulDeps, ConsulRoute } from './route.ts';
import { readRules } from './rules.ts';

const policyBody = z.looseObject({
  Name: z.string(),
  Description: z.string().nullish(),
  Rules: z.string().nullish(),
});
const roleBody = z.looseObject({
  Name: z.string(),
  Description: z.string().nullish(),
  Policies: z.array(linkSchema).nullish(),
});

const refusedRules = (rules: string): Answer | undefined => {
  try {
    readRules(rules);
    return undefined;
  } catch (error) {
    if (error instanceof HclError) return plainText(`Failed to parse ACL rules: ${error.message}`, 500);
    throw error;
  }
};

const writePolicy = ({ cluster: { consulAcl: acl }, body }: ConsulDeps, id: string | undefined): Answer => {
  const parsed = policyBody.safeParse(body);
  if (!parsed.success) return plainText('Invalid Policy: no Name is set', 500);
  const { Name: name, Description: description, Rules: rules } = parsed.data;
  const before = acl.policies.find((one) => one.ID === id);
  if (id !== undefined && before === undefined) return plainText(`cannot find policy ${id}`, 500);
  if (before?.ID === managementPolicy.ID || before?.ID === readOnlyPolicy.ID)
    return plainText(`Changing the Rules for the builtin ${before.Name} policy is not permitted`, 500);
  if (acl.policies.some((one) => one.Name === name && one !== before))
    return plainText(`Invalid Policy: A Policy with Name "${name}" already exists`, 500);
  const refused = refusedRules(rules ?? '');
  if (refused !== undefined) return refused;
  acl.index += 1;
  const policy: PolicyRecord = {
    ID: before?.ID ?? stableUuid(`consul policy ${name} ${acl.index}`),
    Name: name,
    Description: description ?? '',
    Rules: rules ?? '',
    Hash: hashOf(`policy ${acl.index}`),
    CreateIndex: before?.CreateIndex ?? acl.index,
    ModifyIndex: acl.index,
  };
  acl.policies = [...acl.policies.filter((one) => one !== before), policy];
  return json(policy);
};

const writeRole = ({ cluster: { consulAcl: acl }, body }: ConsulDeps, id: string | undefined): Answer => {
  const parsed = roleBody.safeParse(body);
  if (!parsed.success) return plainText('Invalid Role: no Name is set', 500);
  const { Name: name, Description: description, Policies: wanted } = parsed.data;
  const before = acl.roles.find((one) => one.ID === id);
  if (id !== undefined && before === undefined) return plainText(`cannot find role ${id}`, 500);
  if (acl.roles.some((one) => one.Name === name && one !== before))
    return plainText(`Invalid Role: A Role with Name "${name}" already exists`, 500);
  const linked = linksTo('policy', acl.policies, wanted);
  if ('refused' in linked) return linked.refused;
  acl.index += 1;
  const role: RoleRecord = {
    ID: before?.ID ?? stableUuid(`consul role ${name} ${acl.index}`),
    Name: name,
    Description: description ?? '',
    ...(linked.links.length > 0 ? { Policies: linked.links } : {}),
    Hash: hashOf(`role ${acl.index}`),
    CreateIndex: before?.CreateIndex ?? acl.index,
    ModifyIndex: acl.index,
  };
  acl.roles = [...acl.roles.filter((one) => one !== before), role];
  return json(role);
};

const found = (kind: 'policy' | 'role', record: PolicyRecord | RoleRecord | undefined): Answer =>
  record === undefined ? plainText(`Requested ${kind} does not exist: ACL not found`, 404) : json(record);

/** A list leaves the rules out. */
const stub = ({ Rules: _rules, ...policy }: PolicyRecord) => ({ ...policy, Datacenters: null });

export const policyRoutes: readonly ConsulRoute[] = [
  {
    method: 'GET',
    path: '/v1/acl/policies',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }) =>
      json(consulAcl.policies.toSorted((a, b) => (a.Name < b.Name ? -1 : 1)).map(stub)),
  },
  {
    method: 'GET',
    path: '/v1/acl/policy/name/:name',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }, { name }) =>
      found(
        'policy',
        consulAcl.policies.find((one) => one.Name === name),
      ),
  },
  {
    method: 'GET',
    path: '/v1/acl/policy/:id',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }, { id }) =>
      found(
        'policy',
        consulAcl.policies.find((one) => one.ID === id),
      ),
  },
  { method: 'PUT', path: '/v1/acl/policy', access: 'acl:write', answer: (deps) => writePolicy(deps, undefined) },
  { method: 'PUT', path: '/v1/acl/policy/:id', access: 'acl:write', answer: (deps, { id }) => writePolicy(deps, id) },
  {
    method: 'GET',
    path: '/v1/acl/roles',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }) => json(consulAcl.roles),
  },
  {
    method: 'GET',
    path: '/v1/acl/role/name/:name',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }, { name }) =>
      found(
        'role',
        consulAcl.roles.find((one) => one.Name === name),
      ),
  },
  { method: 'PUT', path: '/v1/acl/role', access: 'acl:write', answer: (deps) => writeRole(deps, undefined) },
  { method: 'PUT', path: '/v1/acl/role/:id', access: 'acl:write', answer: (deps, { id }) => writeRole(deps, id) },
];
