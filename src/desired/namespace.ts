import type { Resource } from '../domain/resource.ts';
import { resource, soleAddress, type Wanted } from './context.ts';

/** Called as the preview: `pr-7`. */
export const namespace = (wanted: Wanted, host: string): Resource<'namespace'> => {
  const { environment } = wanted;
  return resource(wanted, {
    kind: 'namespace',
    address: soleAddress('namespace', environment),
    name: environment.name,
    spec: { host },
  });
};
