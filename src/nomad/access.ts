import { z } from 'zod';
import { AccessControlError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { SchedulerAccess } from '../ports/job-scheduler.ts';
import { createNomadHttp, type NomadAccess, type NomadHttp, NomadRefusal } from './http.ts';
import { ensureNamespace, removeNamespace } from './namespaces.ts';
import { markUsed, nodeUse } from './node-use.ts';

/** Nomad's access control. `access.token` is the management token; it is also what `bootstrap` makes it. */
export const createSchedulerAccess = (access: NomadAccess): SchedulerAccess => {
  const as = (token: Secret): NomadHttp => createNomadHttp({ ...access, token });
  const http = createNomadHttp(access);
  return {
    bootstrap: (secret) => bootstrap(as(secret), secret),
    deployer: async (known, previews = false) => {
      await ensurePolicy(http, previews);
      const held = known === null ? undefined : await self(as(known));
      if (known !== null && held !== undefined && isDeployer(held)) return known;
      return (await madeBefore(http)) ?? (await makeDeployer(http));
    },
    ensureNamespace: (wanted) => ensureNamespace(http, wanted),
    removeNamespace: (name) => removeNamespace(http, createNomadHttp({ ...access, namespace: name }), name),
    markUsed: (namespace, jobId) => markUsed(http, createNomadHttp({ ...access, namespace }), jobId),
    nodeUse: (nodes) => nodeUse(http, nodes),
    revokeFormer: (kept) => revokeFormer(http, as, kept),
    refusesAnonymous: () => refusesAnonymous(createNomadHttp({ fetch: access.fetch, address: access.address })),
    forgetNodes: async (ids) => {
      for (const id of ids) await findOrNone(() => http.ask('POST', `/v1/node/${id}/purge`, z.unknown()));
    },
  };
};

const deployer = {
  name: 'deployer',
  description: 'registers the jobs of this project and looks after them',
  /**
   * Jobs, their variables and logs; reading nodes and autopilot's health, which needs `operator` (nomad/api-docs,
   * "ACL Required" of each call).
   */
  rules: (
    previews: boolean,
  ): string => `${(previews ? ['default', 'pr-*'] : ['default']).map(namespaceRules).join('')}node {
  policy = "read"
}

operator {
  policy = "read"
}
`,
} as const;

const namespaceRules = (name: string): string => `namespace "${name}" {
  capabilities = ["list-jobs", "parse-job", "read-job", "submit-job", "scale-job", "read-logs", "alloc-lifecycle"]

  variables {
    path "nomad/jobs/*" {
      capabilities = ["list", "read", "write", "destroy"]
    }
  }
}

`;

const tokenSchema = z.object({
  AccessorID: z.string(),
  SecretID: z.string(),
  Name: z.string(),
  Type: z.string(),
  Policies: z.array(z.string()).nullish(),
});
/** Lists don't tell secrets. */
const tokenStubsSchema = z.array(tokenSchema.omit({ SecretID: true }));
type TokenStub = z.infer<typeof tokenStubsSchema>[number];

const isDeployer = ({ Type, Policies }: TokenStub): boolean =>
  Type === 'client' && (Policies ?? []).length === 1 && Policies?.[0] === deployer.name;

/** The token behind a secret, asked with itself; undefined when Nomad knows none: 404 here, 403 elsewhere. */
const self = async (http: NomadHttp): Promise<z.infer<typeof tokenSchema> | undefined> => {
  try {
    return (await http.ask('GET', '/v1/acl/token/self', tokenSchema)).body;
  } catch (error) {
    if (error instanceof NomadRefusal && [403, 404].includes(error.status)) return undefined;
    throw error;
  }
};

const bootstrap = async (http: NomadHttp, secret: Secret): Promise<void> => {
  if ((await self(http)) !== undefined) return;
  try {
    const body = { BootstrapSecret: secret.reveal() };
    await http.ask('POST', '/v1/acl/bootstrap', tokenSchema, { body });
  } catch (error) {
    if (!(error instanceof NomadRefusal) || error.status !== 400) throw error;
    if (error.text.includes('ACL support disabled'))
      throw new AccessControlError(`Nomad runs without access control: ${error.text}`, {
        cause: error,
        next: 'set acl { enabled = true } on every server, as our templates do, and run again',
      });
    // The reply to an earlier attempt may have been lost while the bootstrap was not.
    if ((await self(http)) !== undefined) return;
    throw notOurs(error);
  }
};

/** Nomad tells the index that its reset file must hold (nomad/docs, "Re-bootstrap the ACL system"). */
const notOurs = (error: NomadRefusal): AccessControlError => {
  const index = /reset index: (\d+)/.exec(error.text)?.[1];
  return new AccessControlError(
    `Nomad's access control was set up with a management token that our state does not hold: ${error.text}`,
    {
      cause: error,
      ...(index === undefined ? {} : { resetIndex: Number(index) }),
      next: `bring back the state that holds it; or let Nomad forget it: write ${index ?? 'the index it names'} into /var/lib/nomad/server/acl-bootstrap-reset on its leader, and run again`,
    },
  );
};

const policySchema = z.object({ Name: z.string(), Description: z.string(), Rules: z.string() });

const ensurePolicy = async (http: NomadHttp, previews: boolean): Promise<void> => {
  const { name, description } = deployer;
  const rules = deployer.rules(previews);
  const path = `/v1/acl/policy/${name}`;
  const present = await findOrNone(() => http.ask('GET', path, policySchema));
  if (present?.body.Rules === rules && present.body.Description === description) return;
  const body = { Name: name, Description: description, Rules: rules };
  await http.ask('POST', path, z.unknown(), { body });
};

/** A run that ended between Nomad's reply and our state's next write leaves its token behind; it is taken up again. */
const madeBefore = async (http: NomadHttp): Promise<Secret | undefined> => {
  const { body: tokens } = await http.ask('GET', '/v1/acl/tokens', tokenStubsSchema);
  const ours = tokens.find((token) => token.Name === deployer.name && isDeployer(token));
  if (ours === undefined) return undefined;
  const found = await findOrNone(() => http.ask('GET', `/v1/acl/token/${ours.AccessorID}`, tokenSchema));
  return found === undefined ? undefined : new Secret(found.body.SecretID);
};

/** What Nomad calls the token of a bootstrap (nomad/acl_endpoint.go). */
const bootstrapName = 'Bootstrap Token';

const revokeFormer = async (
  http: NomadHttp,
  as: (token: Secret) => NomadHttp,
  kept: { readonly management: Secret; readonly deployer: Secret | null },
): Promise<void> => {
  const secrets = [kept.management, ...(kept.deployer === null ? [] : [kept.deployer])];
  const own = await Promise.all(secrets.map(async (secret) => (await self(as(secret)))?.AccessorID));
  const { body: tokens } = await http.ask('GET', '/v1/acl/tokens', tokenStubsSchema);
  const former = tokens.filter(
    (token) =>
      !own.includes(token.AccessorID) &&
      ((token.Type === 'management' && token.Name === bootstrapName) ||
        (token.Name === deployer.name && isDeployer(token))),
  );
  for (const { AccessorID } of former)
    await findOrNone(() => http.ask('DELETE', `/v1/acl/token/${AccessorID}`, z.unknown()));
};

const makeDeployer = async (http: NomadHttp): Promise<Secret> => {
  const body = { Name: deployer.name, Type: 'client', Policies: [deployer.name] };
  const made = await http.ask('POST', '/v1/acl/token', tokenSchema, { body });
  return new Secret(made.body.SecretID);
};

const findOrNone = async <T>(find: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await find();
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 404) return undefined;
    throw error;
  }
};

const refusesAnonymous = async (http: NomadHttp): Promise<boolean> => {
  try {
    await http.ask('GET', '/v1/nodes', z.unknown());
    return false;
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 403) return true;
    throw error;
  }
};
