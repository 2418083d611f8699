/** The namespace that every Nomad has. */
export const defaultNamespace = 'default';

/**
 * Job ids are unique in their namespace only, so records name a job by both: `web`, `pr-7 web`. No id holds a space
 * (nomad/structs, Job.Validate).
 */
export const keyOf = (namespace: string, id: string): string =>
  namespace === defaultNamespace ? id : `${namespace} ${id}`;

export const idOf = (key: string): string => key.slice(key.indexOf(' ') + 1);

export const namespaceOf = (key: string): string =>
  key.includes(' ') ? key.slice(0, key.indexOf(' ')) : defaultNamespace;

/** Of a job as it was sent. */
export const keyOfSpec = (spec: { readonly ID: string; readonly Namespace?: string | null | undefined }): string =>
  keyOf(spec.Namespace ?? defaultNamespace, spec.ID);
