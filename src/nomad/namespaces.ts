import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import type { ObservedNamespace } from '../domain/observation.ts';
import type { SchedulerAccess } from '../ports/job-scheduler.ts';
import { type NomadHttp, NomadRefusal } from './http.ts';
import { jobStubsSchema } from './wire.ts';

/** nomad/api-docs/namespaces. */
const namespaceSchema = z.object({
  Name: z.string(),
  Description: z.string(),
  Meta: z.record(z.string(), z.string()).nullish(),
});
type Namespace = z.infer<typeof namespaceSchema>;

/** The one that every Nomad has, and that can't be deleted. */
const builtIn = 'default';

/** A token sees those that it may do anything in. */
export const listNamespaces = async (http: NomadHttp): Promise<readonly ObservedNamespace[]> => {
  const { body } = await http.ask('GET', '/v1/namespaces', z.array(namespaceSchema));
  return body.filter(({ Name: name }) => name !== builtIn).map((one) => ({ name: one.Name, owner: ownerOf(one) }));
};

const ownerOf = ({ Meta: meta }: Namespace): string | null => {
  const { project, environment } = meta ?? {};
  return project === undefined || environment === undefined ? null : `${project}/${environment}`;
};

/** Writing it again changes nothing about what runs in it. */
export const ensureNamespace = async (
  http: NomadHttp,
  { name, description, project, environment, run }: Parameters<SchedulerAccess['ensureNamespace']>[0],
): Promise<void> => {
  const present = await find(http, name);
  const owner = `${project}/${environment}`;
  if (present !== undefined && ownerOf(present) === owner) return;
  if (present !== undefined)
    throw new Failure(
      `the namespace ${name} of this Nomad is not ours: it belongs to ${ownerOf(present) ?? 'nobody'}`,
      {
        done: ['it was left as it is'],
      },
    );
  const body = { Name: name, Description: description, Meta: { project, environment, run } };
  await http.ask('POST', `/v1/namespace/${encodeURIComponent(name)}`, z.unknown(), { body });
};

const find = async (http: NomadHttp, name: string): Promise<Namespace | undefined> => {
  try {
    return (await http.ask('GET', `/v1/namespace/${encodeURIComponent(name)}`, namespaceSchema)).body;
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 404) return undefined;
    throw error;
  }
};

const variableStubsSchema = z.array(z.object({ Path: z.string() }));

/** Nomad deletes no namespace that still has a job that isn't dead, or a variable (500, seen on a real 1.9.7). */
export const removeNamespace = async (http: NomadHttp, inside: NomadHttp, name: string): Promise<void> => {
  if ((await find(http, name)) === undefined) return;
  const { body: jobs } = await inside.ask('GET', '/v1/jobs', jobStubsSchema);
  for (const { ID: id } of jobs)
    await inside.ask('DELETE', `/v1/job/${encodeURIComponent(id)}?purge=true`, z.unknown());
  const { body: variables } = await inside.ask('GET', '/v1/vars', variableStubsSchema);
  for (const { Path: path } of variables)
    await inside.ask('DELETE', `/v1/var/${path.split('/').map(encodeURIComponent).join('/')}`, z.unknown());
  try {
    await http.ask('DELETE', `/v1/namespace/${encodeURIComponent(name)}`, z.unknown());
  } catch (error) {
    if (error instanceof NomadRefusal && error.text.includes('namespace not found')) return;
    throw new Failure(`the namespace ${name} was not deleted`, { cause: error, done: ['its jobs were stopped'] });
  }
};
