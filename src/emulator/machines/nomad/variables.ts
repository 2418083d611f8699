import { z } from 'zod';
import { type Answer, empty, json, plainText } from '../replies.ts';
import type { VariableRecord } from './acl-state.ts';
import { mayVariable } from './identity.ts';
import { type NomadDeps, type NomadRoute, permissionDenied } from './route.ts';

const variableBody = z.looseObject({ Items: z.record(z.string(), z.string()).nullish() });
/** 64 KiB (nomad/structs/variables.go, maxVariableSize). */
const bytesMax = 65_536;

const find = ({ cluster, namespace }: NomadDeps, path: string): VariableRecord | undefined =>
  cluster.variables.find((one) => one.Namespace === namespace && one.Path === path);

const read = (deps: NomadDeps, path: string): Answer => {
  if (!mayVariable(deps.who, { ...deps, path }, 'read')) return permissionDenied;
  const variable = find(deps, path);
  return variable === undefined ? plainText('variable not found', 404) : json(variable);
};

/** `cas`: only when it was last changed at this index; 0: only when it is not there. */
const conflict = (deps: NomadDeps, path: string, query: URLSearchParams): Answer | undefined => {
  const cas = query.get('cas');
  const present = find(deps, path);
  if (cas === null || Number(cas) === (present?.ModifyIndex ?? 0)) return undefined;
  const nothing = {
    Namespace: deps.namespace,
    Path: path,
    CreateIndex: 0,
    ModifyIndex: 0,
    CreateTime: 0,
    ModifyTime: 0,
  };
  return plainText(JSON.stringify(present ?? nothing), 409);
};

const write = (deps: NomadDeps, path: string, query: URLSearchParams): Answer => {
  const { cluster, body, now, who, namespace } = deps;
  const items = variableBody.safeParse(body).data?.Items ?? {};
  if (Object.keys(items).length === 0) return plainText('variable missing required Items object', 400);
  if (!mayVariable(who, { namespace, path }, 'write')) return permissionDenied;
  if (path.startsWith('nomad/') && !/^nomad\/(?:jobs|job-templates)(?:\/|$)/.test(path))
    return plainText(
      'RPC Error:: 400,only paths at "nomad/jobs" or "nomad/job-templates" and below are valid paths under the top-level "nomad" directory',
      400,
    );
  const size = Object.entries(items).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  if (size > bytesMax) return plainText(`RPC Error:: 400,variables are limited to 64KiB in total size`, 400);
  const refused = conflict(deps, path, query);
  if (refused !== undefined) return refused;
  const before = find(deps, path);
  cluster.index += 1;
  const variable: VariableRecord = {
    Namespace: namespace,
    Path: path,
    CreateIndex: before?.CreateIndex ?? cluster.index,
    ModifyIndex: cluster.index,
    CreateTime: before?.CreateTime ?? now * 1e6,
    ModifyTime: now * 1e6,
    Items: items,
  };
  cluster.variables = [...cluster.variables.filter((one) => one !== before), variable];
  return json(variable);
};

const remove = (deps: NomadDeps, path: string, query: URLSearchParams): Answer => {
  if (!mayVariable(deps.who, { ...deps, path }, 'destroy')) return permissionDenied;
  const refused = conflict(deps, path, query);
  if (refused !== undefined) return refused;
  const { cluster } = deps;
  const gone = find(deps, path);
  cluster.variables = cluster.variables.filter((one) => one !== gone);
  return empty(204);
};

const list = ({ cluster, who, namespace }: NomadDeps, prefix: string): Answer =>
  json(
    cluster.variables
      .filter((one) => namespace === '*' || one.Namespace === namespace)
      .filter((one) => one.Path.startsWith(prefix))
      .filter((one) => mayVariable(who, { namespace: one.Namespace, path: one.Path }, 'list'))
      .map(({ Items: _items, ...variable }) => variable),
  );

/** Nomad routes by the prefix `/v1/var/`: the path of a variable has slashes of its own. */
const route = (
  method: string,
  answer: (deps: NomadDeps, path: string, query: URLSearchParams) => Answer,
): NomadRoute => ({
  method,
  path: '/v1/var/:path*',
  right: 'own',
  answer: (deps, { path }, query) => answer(deps, path ?? '', query),
});

export const variableRoutes: readonly NomadRoute[] = [
  {
    method: 'GET',
    path: '/v1/vars',
    right: 'own',
    answer: (deps, _params, query) => list(deps, query.get('prefix') ?? ''),
  },
  route('GET', read),
  route('PUT', write),
  route('POST', write),
  route('DELETE', remove),
];
