import { z } from 'zod';
import { hashOf } from '../consul/acl-state.ts';
import { HclError } from '../hcl/tokens.ts';
import { type Answer, empty, isoNanos, json, plainText } from '../replies.ts';
import { stableUuid } from '../rows.ts';
import type { ClusterState } from '../state.ts';
import type { NomadPolicyRecord, NomadTokenRecord } from './acl-state.ts';
import { isManagement, readRules } from './identity.ts';
import { type NomadDeps, type NomadRoute, permissionDenied } from './route.ts';

const bootstrapBody = z.object({ BootstrapSecret: z.string().nullish() });
const policyBody = z.looseObject({
  Name: z.string(),
  Description: z.string().nullish(),
  Rules: z.string().nullish(),
});
const tokenBody = z.looseObject({
  Name: z.string().nullish(),
  Type: z.enum(['client', 'management']),
  Policies: z.array(z.string()).nullish(),
  Global: z.boolean().nullish(),
});
/** How Go prints one error of several. */
const oneError = (what: string, why: string): Answer =>
  plainText(`${what} invalid: 1 error occurred:\n\t* ${why}\n\n`, 400);
const notFound = plainText('ACL token not found', 404);

type Given = Pick<NomadTokenRecord, 'Name' | 'Type' | 'Policies' | 'Global'> & { readonly SecretID?: string };
const makeToken = (cluster: ClusterState, now: number, given: Given): NomadTokenRecord => {
  cluster.index += 1;
  const token: NomadTokenRecord = {
    AccessorID: stableUuid(`nomad accessor ${cluster.index} ${now}`),
    SecretID: stableUuid(`nomad secret ${cluster.index} ${now}`),
    ...given,
    Roles: null,
    Hash: hashOf(`token ${cluster.index}`),
    CreateTime: isoNanos(now),
    ExpirationTTL: '',
    ExpirationTime: null,
    CreateIndex: cluster.index,
    ModifyIndex: cluster.index,
  };
  cluster.nomadAcl.tokens.push(token);
  return token;
};

/** The leader finds its index in its own reset file, which it leaves there. */
const mayAgain = ({ nomad, nomadAcl: { reset, bootstrapped } }: ClusterState): boolean => {
  const leader = nomad.peers.find((peer) => peer.nodeId === nomad.leader)?.name;
  return reset !== undefined && reset.machine === leader && reset.index === String(bootstrapped);
};

/** Once for a cluster's life, and once more for each reset; the maker may choose the secret, here alone. */
const bootstrap = ({ cluster, body, now }: NomadDeps): Answer => {
  const acl = cluster.nomadAcl;
  if (acl.bootstrapped !== null && !mayAgain(cluster))
    return plainText(`ACL bootstrap already done (reset index: ${acl.bootstrapped})`, 400);
  const secret = bootstrapBody.safeParse(body ?? {}).data?.BootstrapSecret ?? '';
  if (secret !== '' && secret.length !== 36) return plainText('invalid acl token', 400);
  const token = makeToken(cluster, now, {
    ...(secret === '' ? {} : { SecretID: secret }),
    Name: 'Bootstrap Token',
    Type: 'management',
    Policies: null,
    Global: true,
  });
  acl.bootstrapped = token.CreateIndex;
  return json(token);
};

const self = ({ cluster, secret }: NomadDeps): Answer => {
  const failed = 'acl token lookup failed:';
  if (secret === null || secret === '') return plainText(`${failed} missing secret id`, 500);
  if (secret.length !== 36) return plainText(`${failed} index error: UUID must be 36 characters`, 500);
  const token = cluster.nomadAcl.tokens.find((one) => one.SecretID === secret);
  return token === undefined ? notFound : json(token);
};

/** Nomad chooses the secret. A policy need not be there yet. */
const createToken = ({ cluster, body, now }: NomadDeps): Answer => {
  const parsed = tokenBody.safeParse(body);
  if (!parsed.success) return oneError('token 0', 'token type must be client or management');
  const { Name: name, Type: type, Policies: policies, Global: global } = parsed.data;
  if (type === 'client' && !policies?.length) return oneError('token 0', 'client token missing policies or roles');
  return json(
    makeToken(cluster, now, {
      Name: name ?? '',
      Type: type,
      Policies: policies?.length ? policies : null,
      Global: global ?? false,
    }),
  );
};

const removeToken = ({ cluster: { nomadAcl } }: NomadDeps, accessor: string): Answer => {
  if (!nomadAcl.tokens.some((one) => one.AccessorID === accessor))
    return plainText(`Cannot delete nonexistent tokens: ${accessor}`, 400);
  nomadAcl.tokens = nomadAcl.tokens.filter((one) => one.AccessorID !== accessor);
  return empty(200);
};

const writePolicy = ({ cluster, body }: NomadDeps, name: string): Answer => {
  const parsed = policyBody.safeParse(body);
  if (!parsed.success || parsed.data.Name !== name)
    return plainText('ACL policy name does not match request path', 400);
  const rules = parsed.data.Rules ?? '';
  try {
    readRules(rules);
  } catch (error) {
    if (!(error instanceof HclError)) throw error;
    return oneError('policy 0', `failed to parse rules: Failed to parse ACL Policy: ${error.message}`);
  }
  const acl = cluster.nomadAcl;
  const before = acl.policies.find((one) => one.Name === name);
  cluster.index += 1;
  const policy: NomadPolicyRecord = {
    Name: name,
    Description: parsed.data.Description ?? '',
    Rules: rules,
    Hash: hashOf(`policy ${cluster.index}`),
    CreateIndex: before?.CreateIndex ?? cluster.index,
    ModifyIndex: cluster.index,
  };
  acl.policies = [...acl.policies.filter((one) => one !== before), policy];
  return empty(200);
};

const readPolicy = ({ cluster: { nomadAcl }, who }: NomadDeps, name: string): Answer => {
  if (!isManagement(who) && !who.policies.some((one) => one.Name === name)) return permissionDenied;
  const policy = nomadAcl.policies.find((one) => one.Name === name);
  return policy === undefined
    ? plainText('ACL policy not found', 404)
    : json({ ...policy, JobACL: null, RulesJSON: { Raw: policy.Rules } });
};

/** Management sees all, everyone else his own, nobody none. */
const listPolicies = ({ cluster: { nomadAcl }, who }: NomadDeps): Answer => {
  const seen = isManagement(who) ? nomadAcl.policies : who.policies;
  return json(seen.map(({ Rules: _rules, ...policy }) => policy));
};

/** A list leaves the secrets out. */
const stub = ({ SecretID: _secret, ExpirationTTL: _ttl, ...token }: NomadTokenRecord) => token;
const readToken = ({ cluster: { nomadAcl } }: NomadDeps, accessor: string): Answer => {
  const token = nomadAcl.tokens.find((one) => one.AccessorID === accessor);
  return token === undefined ? notFound : json(token);
};

const writing = (path: string, answer: NomadRoute['answer'], right: NomadRoute['right'] = 'management'): NomadRoute[] =>
  (['POST', 'PUT'] as const).map((method) => ({ method, path, right, answer }));

export const aclRoutes: readonly NomadRoute[] = [
  ...writing('/v1/acl/bootstrap', bootstrap, 'open'),
  { method: 'GET', path: '/v1/acl/token/self', right: 'own', answer: self },
  {
    method: 'GET',
    path: '/v1/acl/tokens',
    right: 'management',
    answer: ({ cluster }) => json(cluster.nomadAcl.tokens.map(stub)),
  },
  ...writing('/v1/acl/token', createToken),
  {
    method: 'GET',
    path: '/v1/acl/token/:accessor',
    right: 'management',
    answer: (deps, { accessor }) => readToken(deps, accessor ?? ''),
  },
  {
    method: 'DELETE',
    path: '/v1/acl/token/:accessor',
    right: 'management',
    answer: (deps, { accessor }) => removeToken(deps, accessor ?? ''),
  },
  { method: 'GET', path: '/v1/acl/policies', right: 'own', answer: listPolicies },
  {
    method: 'GET',
    path: '/v1/acl/policy/:name',
    right: 'own',
    answer: (deps, { name }) => readPolicy(deps, name ?? ''),
  },
  ...writing('/v1/acl/policy/:name', (deps, { name }) => writePolicy(deps, name ?? '')),
];
