import type { RecoveryFiles } from '../../src/ports/recovery-files.ts';

export interface MemoryRecovery extends RecoveryFiles {
  /** By path. */
  readonly files: Map<string, string>;
}

/** The directory of infra.yaml, as far as recovery files are concerned. */
export const createMemoryRecovery = (): MemoryRecovery => {
  const files = new Map<string, string>();
  const pathOf = (environment: string): string => `beside/recovery-${environment}.json`;
  return {
    files,
    async keep(environment, text) {
      files.set(pathOf(environment), text);
      return pathOf(environment);
    },
    async find(environment) {
      const text = files.get(pathOf(environment));
      return text === undefined ? undefined : { path: pathOf(environment), text };
    },
    async remove(environment) {
      files.delete(pathOf(environment));
    },
    async putAside(environment) {
      const path = pathOf(environment);
      files.set(`${path}.superseded`, files.get(path) ?? '');
      files.delete(path);
      return `${path}.superseded`;
    },
  };
};
