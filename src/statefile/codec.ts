import type { z } from 'zod';
import { DamagedStateError } from '../domain/damaged-state.ts';
import { StateError } from '../domain/errors.ts';
import { type StateFile, stateSchemaVersion } from '../domain/statefile.ts';
import type { SealedText, Sealer } from '../ports/sealer.ts';
import { jsonErrorPosition } from './json-position.ts';
import { migrated } from './migrations.ts';
import { noteIn, refuseNote } from './moved.ts';
import { revealing } from './revealing.ts';
import { anyVersionSchema, secretsSchema, stateSchema } from './schema.ts';
import { targetText } from './target-text.ts';

export interface StatePlace {
  /** Of the store: `state/local`. */
  readonly place: string;
  readonly key: string;
  readonly project: string;
  readonly environment: string;
}

/**
 * Pretty, with sorted addresses: a state document is read and compared by people too. The one place secrets are
 * written: sealed where there are recipients, else as they are.
 */
export const encodeState = async (state: StateFile, sealer: Sealer): Promise<string> => {
  const { keys, applications, sealed, sealedFor: _memory, ...plain } = state;
  const resources = Object.fromEntries(Object.entries(state.resources).sort(([a], [b]) => (a < b ? -1 : 1)));
  const document = { ...plain, resources, ...(await secretsPart({ keys, applications, sealed }, sealer)) };
  return `${JSON.stringify(document, revealing, 2)}\n`;
};

export const holdsSecrets = ({ keys, applications }: Pick<StateFile, 'keys' | 'applications'>): boolean =>
  keys !== undefined || Object.keys(applications ?? {}).length > 0;

type Secrets = {
  readonly [Part in 'keys' | 'applications' | 'sealed']: StateFile[Part] | undefined;
};

const secretsPart = async ({ keys, applications, sealed }: Secrets, sealer: Sealer): Promise<object> => {
  // Nobody opened them, so nobody changed them.
  if (sealed !== undefined) return { sealed };
  const parts = { ...(keys && { keys }), ...(applications && { applications }) };
  if (sealer.recipients.length === 0 || Object.keys(parts).length === 0) return parts;
  return { sealed: { recipients: sealer.recipients, age: await sealer.seal(JSON.stringify(parts, revealing)) } };
};

/**
 * Reads a document, whatever it holds. Throws StateError when it is damaged, of a newer version, or of another
 * environment or project; nobody writes over a document that can't be read. Without a sealer, secrets stay sealed.
 */
export const decodeState = async (text: string, where: StatePlace, sealer: Sealer | null): Promise<StateFile> => {
  const document = parse(text, where);
  refuseMovedOn(text, where);
  refuseOtherVersion(document, where);
  const result = stateSchema.safeParse(migrated(document));
  if (!result.success) throw damaged(where, `of the wrong shape: ${issuesText(result.error)}`);
  const state = result.data as StateFile;
  refuseForeign(state, where);
  return sealer === null || state.sealed === undefined ? state : opened(state, state.sealed, where, sealer);
};

const opened = async (
  { sealed: _closed, ...state }: StateFile,
  { recipients, age }: SealedText,
  where: StatePlace,
  sealer: Sealer,
): Promise<StateFile> => {
  const what = `the secrets of ${where.environment} in ${pathOf(where)}`;
  const text = await sealer.open(age, recipients, { what, target: targetText(where.environment) });
  const result = secretsSchema.safeParse(parse(text, where));
  if (!result.success) throw damaged(where, `of the wrong shape inside its sealed part: ${issuesText(result.error)}`);
  return { ...state, ...(result.data as Pick<StateFile, 'keys' | 'applications'>), sealedFor: recipients };
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
const damaged = (where: StatePlace, why: string): DamagedStateError =>
  new DamagedStateError(`the state of ${where.environment} in ${pathOf(where)} is ${why}`, {
    done: ['nothing was changed, and the file is as it was'],
    next: `make it again from what exists and from earlier copies: reconcile state rebuild ${targetText(where.environment)}`,
  });

/** Looked for by its beginning, so that a state is parsed once. */
const refuseMovedOn = (text: string, where: StatePlace): void => {
  const note = text.startsWith('{\n  "moved"') ? noteIn(text) : undefined;
  if (note !== undefined) throw refuseNote(pathOf(where), where.environment, note);
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
