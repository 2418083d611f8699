import type { SourcePosition } from '../domain/environment.ts';
import type { ConfigDocument, Path } from './document.ts';
import { at } from './issues.ts';

/** Where the value of an environment's key really stands: in the environment, or in `defaults`. */
export const effectivePath = (document: ConfigDocument, path: Path): Path => {
  const [section, type, ...rest] = path;
  if (section !== 'environments' || type === undefined || rest.length === 0) return path;
  if (at(document.value, path) !== undefined) return path;
  const shared: Path = ['defaults', ...translateJobs(document, rest)];
  if (at(document.value, shared) !== undefined) return shared;
  // Neither has the key: the longer existing part tells better where it would belong.
  return at(document.value, path.slice(0, 3)) === undefined && at(document.value, shared.slice(0, 2)) !== undefined
    ? shared
    : path;
};

/** Jobs are a list in `defaults` and a mapping by name in an environment. */
const translateJobs = (document: ConfigDocument, rest: Path): Path => {
  const [key, name, ...further] = rest;
  if (key !== 'jobs' || typeof name !== 'string') return rest;
  const jobs = at(document.value, ['defaults', 'jobs']);
  const index = Array.isArray(jobs) ? jobs.findIndex((job: unknown) => at(job, ['name']) === name) : -1;
  return index < 0 ? rest : ['jobs', index, ...further];
};

/** All places of the file, and for each environment the places of what it takes from `defaults`. */
export const effectiveSources = (document: ConfigDocument): Readonly<Record<string, SourcePosition>> => {
  const sources: Record<string, SourcePosition> = {};
  const environments = at(document.value, ['environments']);
  for (const type of Object.keys(typeof environments === 'object' && environments !== null ? environments : {}))
    for (const [path, position] of Object.entries(document.positions)) {
      if (!path.startsWith('defaults.')) continue;
      const own = `environments.${type}.${path.slice('defaults.'.length)}`;
      if (!overridden(document, own)) sources[own] = position;
    }
  return { ...sources, ...document.positions };
};

/** A list of the environment replaces the whole list of `defaults`, so none of its elements is inherited. */
const overridden = (document: ConfigDocument, path: string): boolean => {
  const list = /^(.*?)\[\d+\]/.exec(path)?.[1];
  return list !== undefined && !list.endsWith('.jobs') && document.positions[list] !== undefined;
};
