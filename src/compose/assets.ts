import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../domain/errors.ts';
import type { Assets } from '../render/assets.ts';

/** The project's own folder: templates come with it, unless the configuration's folder has its own. */
const home = resolve(import.meta.dirname, '../..');

/**
 * Reads cloud-init/, templates/ and jobs/ beside the configuration file, else the ones shipped with this tool.
 * Throws Failure naming the folder when neither exists.
 */
export const loadAssets = (configFile: string): Assets => {
  const beside = dirname(resolve(configFile));
  return {
    cloudInit: readFolder('cloud-init', beside),
    templates: readFolder('templates', beside),
    jobs: readFolder('jobs', beside),
  };
};

const readFolder = (folder: string, beside: string): Record<string, string> => {
  for (const root of [beside, home]) {
    const files = listFiles(join(root, folder));
    if (files === undefined) continue;
    return Object.fromEntries(
      files.map((file) => [`${folder}/${file}`, readFileSync(join(root, folder, file), 'utf8')]),
    );
  }
  throw new Failure(`no folder ${folder}/ beside the configuration (${beside}) nor in ${home}`, {
    next: `copy ${folder}/ from the project`,
  });
};

const listFiles = (folder: string): string[] | undefined => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
