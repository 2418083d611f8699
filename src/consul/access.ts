import { z } from 'zod';
import { AccessControlError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { CatalogAccess } from '../ports/job-scheduler.ts';
import { type ConsulAccess, type ConsulAsk, ConsulRefusal, createConsulAsk } from './http.ts';
import { ensurePolicy, policies } from './policies.ts';
import { ensureWorkloads } from './workloads.ts';

/** Consul's access control. `access.token` is the management token; it is also what `bootstrap` makes it. */
export const createCatalogAccess = (access: ConsulAccess): CatalogAccess => {
  const as = (token: Secret): ConsulAsk => createConsulAsk({ ...access, token });
  const ask = createConsulAsk(access);
  return {
    bootstrap: (secret) => bootstrap(as, secret),
    tokens: async (wanted) => {
      const present = await ask('GET', '/v1/acl/tokens', tokensSchema);
      const holders = ['agent', 'nomad', 'ingress', 'provisioner'] as const;
      await Promise.all(
        holders.map(async (holder) => {
          await ensurePolicy(ask, policies[holder]);
          await ensureToken(ask, present, policies[holder], wanted[holder]);
        }),
      );
    },
    revokeFormer: (kept) => revokeFormer(ask, kept),
    workloads: (identity) => ensureWorkloads(ask, identity),
    refusesAnonymous: () => refusesAnonymous(createConsulAsk({ fetch: access.fetch, address: access.address })),
  };
};

const tokenSchema = z.object({
  AccessorID: z.string(),
  SecretID: z.string(),
  Description: z.string(),
  Policies: z.array(z.object({ Name: z.string() })).nullish(),
});
const tokensSchema = z.array(tokenSchema);

/**
 * Whether Consul takes this for a management token. It answers 403 "ACL not found" to one that it doesn't know, and also
 * "ACL system must be bootstrapped", long after it was: neither tells whether a bootstrap is still possible. Not asked by
 * `/v1/acl/token/self`: builds of Consul exist that log the secret of a token which is not there yet.
 */
const isManagement = async (ask: ConsulAsk): Promise<boolean> => {
  try {
    await ask('GET', '/v1/acl/tokens', tokensSchema);
    return true;
  } catch (error) {
    if (error instanceof ConsulRefusal && error.status === 403) return false;
    throw error;
  }
};

const bootstrap = async (as: (token: Secret) => ConsulAsk, secret: Secret): Promise<void> => {
  const ours = as(secret);
  if (await isManagement(ours)) return;
  try {
    await ours('PUT', '/v1/acl/bootstrap', tokenSchema, { body: { BootstrapSecret: secret.reveal() } });
  } catch (error) {
    if (!(error instanceof ConsulRefusal)) throw error;
    if (error.status === 401)
      throw new AccessControlError(`Consul runs without access control: ${error.text}`, {
        cause: error,
        next: 'set acl { enabled = true, default_policy = "deny" } on every server, as our templates do, and run again',
      });
    if (error.status !== 403) throw error;
    // The reply to an earlier attempt may have been lost while the bootstrap was not.
    if (await isManagement(ours)) return;
    throw notOurs(error);
  }
};

/** Consul tells the index that its reset file must hold (consul/docs, "Reset the ACL system"). */
const notOurs = (error: ConsulRefusal): AccessControlError => {
  const index = /reset index: (\d+)/.exec(error.text)?.[1];
  return new AccessControlError(
    `Consul's access control was set up with a management token that our state does not hold: ${error.text}`,
    {
      cause: error,
      ...(index === undefined ? {} : { resetIndex: Number(index) }),
      next: `bring back the state that holds it; or let Consul forget it: write ${index ?? 'the index it names'} into /var/lib/consul/acl-bootstrap-reset on its leader, and run again`,
    },
  );
};

/** What Consul calls the token of a bootstrap (agent/consul/acl_endpoint.go). */
const bootstrapName = 'Bootstrap Token (Global Management)';

const revokeFormer = async (
  ask: ConsulAsk,
  kept: { readonly management: Secret; readonly provisioner: Secret },
): Promise<void> => {
  const secrets = new Set([kept.management.reveal(), kept.provisioner.reveal()]);
  const { name, description } = policies.provisioner;
  const former = (await ask('GET', '/v1/acl/tokens', tokensSchema)).filter((token) => {
    const names = (token.Policies ?? []).map((policy) => policy.Name);
    const ofProvisioner = token.Description === description && names.length === 1 && names[0] === name;
    return !secrets.has(token.SecretID) && (token.Description === bootstrapName || ofProvisioner);
  });
  for (const token of former) await ask('DELETE', `/v1/acl/token/${token.AccessorID}`, z.unknown());
};

/** With our own secret, which whoever uses it was given before the token existed. */
const ensureToken = async (
  ask: ConsulAsk,
  all: z.infer<typeof tokensSchema>,
  { name, description }: { readonly name: string; readonly description: string },
  secret: Secret,
): Promise<void> => {
  const present = all.find((token) => token.SecretID === secret.reveal());
  const names = (present?.Policies ?? []).map((policy) => policy.Name);
  if (names.length === 1 && names[0] === name && present?.Description === description) return;
  const path = present === undefined ? '/v1/acl/token' : `/v1/acl/token/${present.AccessorID}`;
  await ask('PUT', path, tokenSchema, {
    body: { SecretID: secret.reveal(), Description: description, Policies: [{ Name: name }] },
  });
};

/**
 * `/v1/agent/members` and the catalogue answer everyone with an empty list, which proves nothing; the operator's view
 * is refused or told.
 */
const refusesAnonymous = async (ask: ConsulAsk): Promise<boolean> => {
  try {
    await ask('GET', '/v1/operator/autopilot/health', z.unknown(), { alsoFine: [429] });
    return false;
  } catch (error) {
    if (error instanceof ConsulRefusal && error.status === 403)
      return (await ask('GET', '/v1/catalog/nodes', z.array(z.unknown()))).length === 0;
    throw error;
  }
};
