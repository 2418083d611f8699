import { z } from 'zod';
import { hashOf } from '../consul/acl-state.ts';
import { type Answer, empty, json, plainText } from '../replies.ts';
import type { ClusterState } from '../state.ts';
import type { NamespaceRecord } from './acl-state.ts';
import { seesNamespace } from './identity.ts';
import { defaultNamespace, namespaceOf } from './keys.ts';
import { type NomadDeps, type NomadRoute, permissionDenied } from './route.ts';
import { jobStatus } from './views.ts';

/* Parts of one Nomad, each with jobs and variables of its own (nomad/namespace_endpoint.go at 1.9). */

const builtIn: NamespaceRecord = {
  Name: defaultNamespace,
  Description: 'Default shared namespace',
  Meta: null,
  Hash: hashOf('namespace default'),
  CreateIndex: 1,
  ModifyIndex: 1,
};
const allOf = ({ namespaces = [] }: ClusterState): readonly NamespaceRecord[] => [builtIn, ...namespaces];

export const hasNamespace = (cluster: ClusterState, name: string): boolean =>
  allOf(cluster).some((one) => one.Name === name);

const view = (one: NamespaceRecord) => ({
  Capabilities: null,
  ConsulConfiguration: null,
  NodePoolConfiguration: null,
  Quota: '',
  VaultConfiguration: null,
  ...one,
});

/** Those in which the token may do anything. */
const list = ({ cluster, who }: NomadDeps): Answer =>
  json(
    allOf(cluster)
      .filter(({ Name }) => seesNamespace(who, Name))
      .map(view),
  );

const read = ({ cluster, who }: NomadDeps, name: string): Answer => {
  if (!seesNamespace(who, name)) return permissionDenied;
  const found = allOf(cluster).find((one) => one.Name === name);
  return found === undefined ? plainText('Namespace not found', 404) : json(view(found));
};

const namespaceBody = z.looseObject({
  Name: z.string(),
  Description: z.string().nullish(),
  Meta: z.record(z.string(), z.string()).nullish(),
});
const validName = /^[a-zA-Z0-9-]{1,128}$/;

const write = ({ cluster, body }: NomadDeps, name: string | undefined): Answer => {
  const parsed = namespaceBody.safeParse(body);
  if (!parsed.success) return plainText('namespace name must be specified', 400);
  const { Name, Description, Meta } = parsed.data;
  if (name !== undefined && name !== Name) return plainText('Namespace name does not match request path', 400);
  if (!validName.test(Name))
    return plainText(
      `Invalid namespace "${Name}": 1 error occurred:\n\t* invalid name "${Name}". Must match regex ^[a-zA-Z0-9-]{1,128}$\n\n`,
      500,
    );
  const before = (cluster.namespaces ?? []).find((one) => one.Name === Name);
  cluster.index += 1;
  const record: NamespaceRecord = {
    Name,
    Description: Description ?? '',
    Meta: Meta ?? null,
    Hash: hashOf(`namespace ${cluster.index}`),
    CreateIndex: before?.CreateIndex ?? cluster.index,
    ModifyIndex: cluster.index,
  };
  cluster.namespaces = [...(cluster.namespaces ?? []).filter((one) => one !== before), record];
  return empty(200);
};

/** How Go prints errors in a list. */
const refused = (why: readonly string[]): Answer =>
  plainText(
    `${why.length} error${why.length === 1 ? '' : 's'} occurred:\n${why.map((one) => `\t* ${one}\n`).join('')}\n`,
    500,
  );

/** Not with a job or an allocation that has not ended in it, nor with a variable. */
const remove = ({ cluster }: NomadDeps, name: string): Answer => {
  if (name === defaultNamespace) return refused(['can not delete default namespace']);
  if (!hasNamespace(cluster, name)) return plainText('namespace not found', 500);
  const holds = (what: string): string => `namespace "${name}" has ${what} in regions: [global]`;
  const jobs = cluster.jobs.some((job) => namespaceOf(job.id) === name && jobStatus(cluster, job) !== 'dead');
  const live = cluster.allocations.some((one) => namespaceOf(one.jobId) === name && one.ended === null);
  const why = [
    ...(jobs ? [holds('non-terminal jobs')] : []),
    ...(live ? [holds('non-terminal allocations')] : []),
    ...(cluster.variables.some((one) => one.Namespace === name) ? [holds('variables associated with it')] : []),
  ];
  if (why.length > 0) return refused(why);
  cluster.namespaces = (cluster.namespaces ?? []).filter((one) => one.Name !== name);
  cluster.index += 1;
  return empty(200);
};

const writing = (path: string, answer: NomadRoute['answer']): NomadRoute[] =>
  (['POST', 'PUT'] as const).map((method) => ({ method, path, right: 'management', answer }));

export const namespaceRoutes: readonly NomadRoute[] = [
  { method: 'GET', path: '/v1/namespaces', right: 'own', answer: (deps) => list(deps) },
  { method: 'GET', path: '/v1/namespace/:name', right: 'own', answer: (deps, { name }) => read(deps, name ?? '') },
  ...writing('/v1/namespace', (deps) => write(deps, undefined)),
  ...writing('/v1/namespaces', (deps) => write(deps, undefined)),
  ...writing('/v1/namespace/:name', (deps, { name }) => write(deps, name)),
  {
    method: 'DELETE',
    path: '/v1/namespace/:name',
    right: 'management',
    answer: (deps, { name }) => remove(deps, name ?? ''),
  },
];
