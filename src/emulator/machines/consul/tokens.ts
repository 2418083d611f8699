import { z } from 'zod';
import { type Answer, isoNanos, json, plainText } from '../replies.ts';
import { stableUuid } from '../rows.ts';
import { type ConsulAcl, hashOf, type Link, managementPolicy, type TokenRecord } from './acl-state.ts';
import { linkSchema, linksTo } from './links.ts';
import type { ConsulDeps, ConsulRoute } from './route.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ids of what Consul brings with it; nobody may take one (agent/consul/acl_endpoint.go). */
const reserved = /^00000000-0000-0000-0000-0000000000[0-9a-f]{2}$/i;
const tokenBody = z.looseObject({
  AccessorID: z.string().nullish(),
  SecretID: z.string().nullish(),
  Description: z.string().nullish(),
  Policies: z.array(linkSchema).nullish(),
  Roles: z.array(linkSchema).nullish(),
  Local: z.boolean().nullish(),
});
const bootstrapBody = z.object({ BootstrapSecret: z.string().nullish() });

const notFound = plainText('token does not exist: ACL not found', 403);
const byAccessor = ({ cluster }: ConsulDeps, accessor: string | undefined): TokenRecord | undefined =>
  cluster.consulAcl.tokens.find((one) => one.AccessorID === accessor);

/** The leader finds its index in its own reset file. */
const mayAgain = ({ consul, consulAcl: { reset, bootstrapped } }: ConsulDeps['cluster']): boolean => {
  const leader = consul.peers.find((peer) => peer.nodeId === consul.leader)?.name;
  return reset !== undefined && reset.machine === leader && reset.index === String(bootstrapped);
};

/** Once for a cluster's life, and once more for each reset; the maker may choose the secret. */
const bootstrap = ({ cluster, body, now }: ConsulDeps): Answer => {
  const acl = cluster.consulAcl;
  if (acl.bootstrapped !== null && !mayAgain(cluster))
    return plainText(`Permission denied: ACL bootstrap no longer allowed (reset index: ${acl.bootstrapped})`, 403);
  const given = bootstrapBody.safeParse(body ?? {}).data?.BootstrapSecret ?? '';
  if (given !== '' && given.length !== 36) return plainText('uuid string is wrong length', 500);
  if (reserved.test(given))
    return plainText('Provided token cannot be used because a token with that secret already exists.', 500);
  acl.index += 1;
  acl.bootstrapped = acl.index;
  delete acl.reset;
  const token = record(acl, now, {
    SecretID: given === '' ? stableUuid(`consul management ${acl.index} ${now}`) : given,
    Description: 'Bootstrap Token (Global Management)',
    Policies: [managementPolicy],
  });
  acl.tokens.push(token);
  return json({ ID: token.SecretID, ...token });
};

type Given = Partial<Pick<TokenRecord, 'AccessorID' | 'Description' | 'Policies' | 'Roles' | 'Local'>> & {
  readonly SecretID: string;
};
const record = (acl: ConsulAcl, now: number, given: Given): TokenRecord => ({
  AccessorID: given.AccessorID ?? stableUuid(`consul token ${acl.index} ${now}`),
  SecretID: given.SecretID,
  Description: given.Description ?? '',
  ...(given.Policies?.length ? { Policies: given.Policies } : {}),
  ...(given.Roles?.length ? { Roles: given.Roles } : {}),
  Local: given.Local ?? false,
  CreateTime: isoNanos(now),
  Hash: hashOf(`token ${acl.index}`),
  CreateIndex: acl.index,
  ModifyIndex: acl.index,
});

const invalid = (why: string): Answer => plainText(`Invalid Token: ${why}`, 500);

const create = (deps: ConsulDeps): Answer => {
  const { cluster, body, now } = deps;
  const acl = cluster.consulAcl;
  const parsed = tokenBody.safeParse(body);
  if (!parsed.success) return plainText('Token decoding failed', 400);
  const { AccessorID: accessor, SecretID: secret } = parsed.data;
  if (accessor && !uuid.test(accessor)) return invalid('AccessorID is not a valid UUID');
  if (accessor && byAccessor(deps, accessor) !== undefined) return invalid('AccessorID is already in use');
  if (secret && !uuid.test(secret)) return invalid('SecretID is not a valid UUID');
  if (secret && acl.tokens.some((one) => one.SecretID === secret)) return invalid('SecretID is already in use');
  if (reserved.test(accessor ?? '') || reserved.test(secret ?? ''))
    return invalid('UUIDs with the prefix "00000000-0000-0000-0000-0000000000" are reserved');
  const linked = linksOf(deps, parsed.data);
  if ('refused' in linked) return linked.refused;
  acl.index += 1;
  const token = record(acl, now, {
    ...linked,
    ...(accessor ? { AccessorID: accessor } : {}),
    SecretID: secret || stableUuid(`consul secret ${acl.index} ${now}`),
    Description: parsed.data.Description ?? '',
    Local: parsed.data.Local ?? false,
  });
  acl.tokens.push(token);
  return json(token);
};

const linksOf = (
  { cluster: { consulAcl } }: ConsulDeps,
  body: z.infer<typeof tokenBody>,
): { readonly Policies: readonly Link[]; readonly Roles: readonly Link[] } | { readonly refused: Answer } => {
  const policies = linksTo('policy', consulAcl.policies, body.Policies);
  if ('refused' in policies) return policies;
  const roles = linksTo('role', consulAcl.roles, body.Roles);
  return 'refused' in roles ? roles : { Policies: policies.links, Roles: roles.links };
};

const update = (deps: ConsulDeps, accessor: string | undefined): Answer => {
  const acl = deps.cluster.consulAcl;
  const before = byAccessor(deps, accessor);
  if (before === undefined) return plainText(`Cannot find token "${accessor ?? ''}"`, 500);
  const parsed = tokenBody.safeParse(deps.body);
  if (!parsed.success) return plainText('Token decoding failed', 400);
  if (parsed.data.SecretID && parsed.data.SecretID !== before.SecretID)
    return plainText("Changing a token's SecretID is not permitted", 500);
  const linked = linksOf(deps, parsed.data);
  if ('refused' in linked) return linked.refused;
  acl.index += 1;
  const { AccessorID, SecretID, CreateTime, CreateIndex } = before;
  const description = parsed.data.Description ?? '';
  const token: TokenRecord = {
    ...record(acl, deps.now, { ...linked, AccessorID, SecretID, Description: description, Local: before.Local }),
    CreateTime,
    CreateIndex,
  };
  acl.tokens = acl.tokens.map((one) => (one === before ? token : one));
  return json(token);
};

const remove = (deps: ConsulDeps, accessor: string | undefined): Answer => {
  const token = byAccessor(deps, accessor);
  if (token === undefined) return notFound;
  deps.cluster.consulAcl.tokens = deps.cluster.consulAcl.tokens.filter((one) => one !== token);
  return json(true);
};

export const tokenRoutes: readonly ConsulRoute[] = [
  { method: 'PUT', path: '/v1/acl/bootstrap', access: 'open', answer: bootstrap },
  {
    method: 'GET',
    path: '/v1/acl/token/self',
    access: 'open',
    answer: ({ cluster, secret }) => {
      const token = cluster.consulAcl.tokens.find((one) => one.SecretID === secret);
      return token === undefined ? notFound : json(token);
    },
  },
  {
    method: 'GET',
    path: '/v1/acl/tokens',
    access: 'acl:read',
    answer: ({ cluster }) => json(cluster.consulAcl.tokens),
  },
  { method: 'PUT', path: '/v1/acl/token', access: 'acl:write', answer: create },
  {
    method: 'GET',
    path: '/v1/acl/token/:accessor',
    access: 'acl:read',
    answer: (deps, { accessor }) => {
      const token = byAccessor(deps, accessor);
      return token === undefined ? notFound : json(token);
    },
  },
  {
    method: 'PUT',
    path: '/v1/acl/token/:accessor',
    access: 'acl:write',
    answer: (deps, { accessor }) => update(deps, accessor),
  },
  {
    method: 'DELETE',
    path: '/v1/acl/token/:accessor',
    access: 'acl:write',
    answer: (deps, { accessor }) => remove(deps, accessor),
  },
];
