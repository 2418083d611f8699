import type { Environment } from '../domain/environment.ts';

/** `infra.yaml:24:12 (environments.production.servers.types)`, or the key alone where its place is not known. */
export const sourceText = (environment: Environment, key: string): string => {
  const candidates = [`environments.${environment.type}.${key}`, `defaults.${key}`];
  for (const path of candidates) {
    const source = environment.sources[path] ?? environment.sources[`${path}[0]`];
    if (source !== undefined) return `${source.file}:${source.line}:${source.column} (${path})`;
  }
  return `environments.${environment.type}.${key} of infra.yaml`;
};
