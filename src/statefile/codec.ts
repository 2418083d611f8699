import type { z } from 'zod';
import { StateError } from '../domain/errors.ts';
import { type StateFile, stateSchemaVersion } from '../domain/statefile.ts';
import { jsonErrorPosition } from './json-position.ts';
import { migrated } from './migrations.ts';
import { revealing } from './revealing.ts';
import { anyVersionSchema, stateSchema } from './schema.ts';
import { targetText } from './target-text.ts';

export interface StatePlace {
  /** Of the store: `state/local`. */
  readonly place: string;
  readonly key: string;
  readonly project: string;
  readonly environment: string;
}

/** Pretty, with sorted addresses: a state document is read and compared by people too. The one place secrets are written. */
export const encodeState = (state: StateFile): string => {
  const resources = Object.fromEntries(Object.entries(state.resources).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ ...state, resources }, revealing, 2)}\n`;
};

/**
 * Reads a document, whatever it holds. Throws StateError when it is damaged, of a newer version, or of another
 * environment or project; nobody writes over a document that can't be read.
 */
export const decodeState = (text: string, where: StatePlace): StateFile => {
  const document = parse(text, where);
  refuseOtherVersion(document, where);
  const result = stateSchema.safeParse(migrated(document));
  if (!result.success) throw damaged(where, `of the wrong shape: ${issuesText(result.error)}`);
  const state = result.data as StateFile;
  refuseForeign(state, where);
  return state;
};

const pathOf = ({ place, key }: StatePlace): string => `${place.replace(/\/+$/, '')}/${key}`;

const parse = (text: string, where: StatePlace): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    if (text.trim() === '') throw damaged(where, `empty (${Buffer.byteLength(text)} bytes)`);
    const position = jsonErrorPosition(text);
    const size = Buffer.byteLength(text);
    throw damaged(
      where,
      position === undefined
        ? 'not JSON'
        : `not JSON: it breaks at byte ${position.byte} of ${size} (line ${position.line}, column ${position.column})`,
    );
  }
};

/** A way out that works: what is ours carries labels, so the memory can be made again from the cloud. */
const damaged = (where: StatePlace, why: string): StateError => {
  const path = pathOf(where);
  return new StateError(`the state of ${where.environment} in ${path} is ${why}`, {
    done: ['nothing was changed, and the file is as it was'],
    next: `put an earlier copy back, or move it aside and look again: what is ours is found by its labels\n  mv ${path} ${path}.damaged\n  reconcile plan ${targetText(where.environment)}`,
  });
};

const issuesText = (error: z.ZodError): string => {
  const shown = error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`);
  const more = error.issues.length - shown.length;
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ');
};

const refuseOtherVersion = (document: unknown, where: StatePlace): void => {
  const result = anyVersionSchema.safeParse(document);
  if (!result.success) throw damaged(where, `of the wrong shape: ${issuesText(result.error)}`);
  const { schemaVersion, writtenBy } = result.data;
  if (schemaVersion <= stateSchemaVersion) return;
  const writer = writtenBy === undefined ? 'a newer release' : `release ${writtenBy}`;
  throw new StateError(
    `the state of ${where.environment} in ${pathOf(where)} has schema version ${schemaVersion}, written by ${writer}; this release reads version ${stateSchemaVersion}`,
    {
      done: ['nothing was changed, and the file is as it was'],
      next:
        writtenBy === undefined
          ? 'update this tool and run the same command again'
          : `use release ${writtenBy} or later`,
    },
  );
};

const refuseForeign = (state: StateFile, where: StatePlace): void => {
  if (state.project === where.project && state.environment === where.environment) return;
  throw new StateError(
    `${pathOf(where)} holds the state of ${state.environment} of project ${state.project}, not of ${where.environment} of project ${where.project}`,
    {
      done: ['nothing was changed, and the file is as it was'],
      next:
        state.environment === where.environment
          ? `put the right file there, or set project: ${state.project} in infra.yaml if it is the right one`
          : `put the state of ${where.environment} there, or move the file back to ${state.environment}.json`,
    },
  );
};
