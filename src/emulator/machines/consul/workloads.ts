import { z } from 'zod';
import { type Answer, json, plainText } from '../replies.ts';
import { stableUuid } from '../rows.ts';
import type { ClusterState } from '../state.ts';
import type { AuthMethodRecord, BindingRuleRecord } from './acl-state.ts';
import type { ConsulDeps, ConsulRoute } from './route.ts';

/* How jobs log in to Consul by their identity: an auth method that trusts Nomad's keys, and rules for what they get. */
const methodBody = z.looseObject({
  Name: z.string(),
  Type: z.string(),
  Description: z.string().nullish(),
  TokenLocality: z.string().nullish(),
  Config: z.record(z.string(), z.unknown()).nullish(),
});
const ruleBody = z.looseObject({
  AuthMethod: z.string(),
  Description: z.string().nullish(),
  Selector: z.string().nullish(),
  BindType: z.string(),
  BindName: z.string().nullish(),
});

/** Consul's leader asks for the keys when the method is written, and refuses it when nobody answers. */
const unreachable = (cluster: ClusterState, jwksUrl: string): string | undefined => {
  const url = URL.parse(jwksUrl);
  if (url === null) return `Get "${jwksUrl}": unsupported protocol scheme ""`;
  const leader = cluster.consul.peers.find((peer) => peer.nodeId === cluster.consul.leader);
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  const asked = local ? leader : cluster.consul.peers.find((peer) => peer.ip === url.hostname);
  const answers = cluster.nomad.peers.some((peer) => peer.ip === asked?.ip && peer.downSince === null);
  return answers && url.port === '4646'
    ? undefined
    : `Get "${jwksUrl}": dial tcp ${url.host}: connect: connection refused`;
};

const writeMethod = ({ cluster, body }: ConsulDeps, name: string | undefined): Answer => {
  const acl = cluster.consulAcl;
  const parsed = methodBody.safeParse(body);
  if (!parsed.success) return plainText('Invalid Auth Method: Name is required', 500);
  const { Name, Type, Description, TokenLocality, Config } = parsed.data;
  if (name !== undefined && name !== Name)
    return plainText(`auth method name and URL argument do not match: "${Name}" "${name}"`, 400);
  const keys = Config?.['JWKSURL'];
  const trouble = typeof keys === 'string' ? unreachable(cluster, keys) : undefined;
  if (trouble !== undefined)
    return plainText(
      `Invalid Auth Method: error checking JWKSURL: fetching keys oidc: get keys failed ${trouble}`,
      500,
    );
  const before = acl.authMethods.find((one) => one.Name === Name);
  acl.index += 1;
  const method: AuthMethodRecord = {
    Name,
    Type,
    ...(Description ? { Description } : {}),
    ...(TokenLocality ? { TokenLocality } : {}),
    Config: Config ?? {},
    CreateIndex: before?.CreateIndex ?? acl.index,
    ModifyIndex: acl.index,
  };
  acl.authMethods = [...acl.authMethods.filter((one) => one !== before), method];
  return json(method);
};

const writeRule = ({ cluster: { consulAcl: acl }, body }: ConsulDeps, id: string | undefined): Answer => {
  const parsed = ruleBody.safeParse(body);
  if (!parsed.success) return plainText('Invalid Binding Rule: no AuthMethod is set', 500);
  const wanted = parsed.data;
  const before = acl.bindingRules.find((one) => one.ID === id);
  if (id !== undefined && before === undefined) return plainText(`cannot find binding rule ${id}`, 500);
  if (before !== undefined && before.AuthMethod !== wanted.AuthMethod)
    return plainText('the AuthMethod field of an Binding Rule is immutable', 500);
  if (!acl.authMethods.some((one) => one.Name === wanted.AuthMethod))
    return plainText(`Invalid Binding Rule: No such auth method "${wanted.AuthMethod}"`, 500);
  acl.index += 1;
  const rule: BindingRuleRecord = {
    ID: before?.ID ?? stableUuid(`consul binding rule ${acl.index}`),
    Description: wanted.Description ?? '',
    AuthMethod: wanted.AuthMethod,
    Selector: wanted.Selector ?? '',
    BindType: wanted.BindType,
    BindName: wanted.BindName ?? '',
    CreateIndex: before?.CreateIndex ?? acl.index,
    ModifyIndex: acl.index,
  };
  acl.bindingRules = [...acl.bindingRules.filter((one) => one !== before), rule];
  return json(rule);
};

export const workloadRoutes: readonly ConsulRoute[] = [
  {
    method: 'GET',
    path: '/v1/acl/auth-methods',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }) => json(consulAcl.authMethods.map(({ Config: _config, ...method }) => method)),
  },
  {
    method: 'GET',
    path: '/v1/acl/auth-method/:name',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }, { name }) => {
      const method = consulAcl.authMethods.find((one) => one.Name === name);
      return method === undefined
        ? plainText('Requested auth method does not exist: ACL not found', 404)
        : json(method);
    },
  },
  { method: 'PUT', path: '/v1/acl/auth-method', access: 'acl:write', answer: (deps) => writeMethod(deps, undefined) },
  {
    method: 'PUT',
    path: '/v1/acl/auth-method/:name',
    access: 'acl:write',
    answer: (deps, { name }) => writeMethod(deps, name),
  },
  {
    method: 'GET',
    path: '/v1/acl/binding-rules',
    access: 'acl:read',
    answer: ({ cluster: { consulAcl } }, _params, query) => {
      const method = query.get('authmethod') ?? '';
      return json(consulAcl.bindingRules.filter((rule) => method === '' || rule.AuthMethod === method));
    },
  },
  { method: 'PUT', path: '/v1/acl/binding-rule', access: 'acl:write', answer: (deps) => writeRule(deps, undefined) },
  {
    method: 'PUT',
    path: '/v1/acl/binding-rule/:id',
    access: 'acl:write',
    answer: (deps, { id }) => writeRule(deps, id),
  },
];
