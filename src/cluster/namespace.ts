import { Failure } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Connection } from './ask.ts';
import type { ClusterDeps } from './deps.ts';
import { jwksUrl } from './form.ts';

/**
 * A preview's namespace. First what its jobs need and a host that was set up by an older release, or for no previews,
 * may lack: the deployer's right to it, and a login for its tasks; each is looked at, and left alone where it is so.
 */
export const ensureNamespace = async (
  deps: ClusterDeps,
  { schedulerAccess, catalogAccess }: Connection,
  { name, labels, spec }: Resource<'namespace'>,
  run: string,
): Promise<void> => {
  const keys = deps.keyRing.current();
  const { project, environment } = labels;
  if (keys === null || project === undefined || environment === undefined)
    throw new Failure(`the keys of ${spec.host}, which the preview ${name} runs on, are not known`);
  const deployer = await schedulerAccess.deployer(keys.nomad.deployer, true);
  if (deployer.reveal() !== keys.nomad.deployer?.reveal())
    throw new Failure(`${spec.host} has lost the token that jobs are deployed with`, {
      done: ['nothing was changed'],
      next: `reconcile ${spec.host}`,
    });
  await catalogAccess.workloads({
    jwksUrl: deps.jwksUrl ?? jwksUrl,
    jwksCa: keys.ca.certificate,
    previews: true,
  });
  await schedulerAccess.ensureNamespace({
    name,
    description: `preview ${environment} of ${project}`,
    project,
    environment,
    run,
  });
};
