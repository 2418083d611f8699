import type { z } from 'zod';
import type { Path } from './document.ts';
import { at, faultyPaths } from './issues.ts';
import { type Infra, infraSchema } from './schema.ts';

/** `outer` is `inner` or one of its ancestors. */
export const covers = (outer: Path, inner: Path): boolean =>
  outer.length <= inner.length && outer.every((part, index) => part === inner[index]);

/** What stands in for a missing or wrong value that the shape can't do without. Rules that read it stay silent. */
const standIns: Readonly<Record<string, unknown>> = { project: 'project', domain: 'example.com', environments: {} };

/**
 * The file without its faulty parts, so that rules between the remaining values can be told in the same run. A list
 * with a faulty element goes as a whole: its indexes would no longer fit the file.
 */
export const withoutFaults = (
  root: unknown,
  issues: readonly z.core.$ZodIssue[],
): { infra: Infra | undefined; removed: readonly Path[] } => {
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return { infra: undefined, removed: [] };
  const removed: Path[] = [];
  const value = structuredClone(root) as Record<string, unknown>;
  let pending = issues;
  // Each round removes something; what an ancestor then lacks comes up in the next. The depth of the file bounds it.
  for (let round = 0; round < 8; round += 1) {
    for (const path of faultyPaths(pending, value)) {
      const list = path.findIndex((part) => typeof part === 'number');
      const target = removable(list < 0 ? path : path.slice(0, list), value);
      removed.push(target);
      remove(value, target);
    }
    for (const [key, standIn] of Object.entries(standIns)) if (!(key in value)) value[key] = standIn;
    const parsed = infraSchema.safeParse(value);
    if (parsed.success) return { infra: parsed.data, removed };
    pending = parsed.error.issues;
  }
  return { infra: undefined, removed };
};

/** A key that is missing can't be removed: the mapping that lacks it goes. */
const removable = (path: Path, value: unknown): Path =>
  path.length > 1 && at(value, path) === undefined ? removable(path.slice(0, -1), value) : path;

const remove = (root: Record<string, unknown>, path: Path): void => {
  const parent = at(root, path.slice(0, -1));
  const last = path.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined)
    delete (parent as Record<string, unknown>)[last];
};
