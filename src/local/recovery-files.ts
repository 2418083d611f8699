import { readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecoveryFiles } from '../ports/recovery-files.ts';
import { ensureDirectory, errnoOf, fileFailure, publishOver, syncDirectory, writeTemporary } from './files.ts';

/** In the directory of infra.yaml: where the next command is typed, and where a pipeline keeps what it leaves behind. */
export const createRecoveryFiles = (directory: string): RecoveryFiles => {
  const nameOf = (environment: string): string => `recovery-${environment}.json`;
  const pathOf = (environment: string): string => join(directory, nameOf(environment));
  return {
    async keep(environment, text) {
      const path = pathOf(environment);
      try {
        await ensureDirectory(directory);
        await publishOver(await writeTemporary(directory, nameOf(environment), text), path);
        await syncDirectory(directory);
        return path;
      } catch (error) {
        throw fileFailure('write', path, error);
      }
    },
    async find(environment) {
      const path = pathOf(environment);
      try {
        return { path, text: await readFile(path, 'utf8') };
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw fileFailure('read', path, error);
      }
    },
    async remove(environment) {
      const path = pathOf(environment);
      try {
        await unlink(path);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw fileFailure('remove', path, error);
      }
    },
    async putAside(environment) {
      const [path, aside] = [pathOf(environment), `${pathOf(environment)}.superseded`];
      try {
        await rename(path, aside);
        return aside;
      } catch (error) {
        throw fileFailure('rename', path, error);
      }
    },
  };
};
