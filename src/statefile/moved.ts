import { z } from 'zod';
import { StateError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { jsonIn } from './json-in.ts';

/*
 * A state moves from one store to another in two steps. First its document is replaced by a note, by compare-and-swap,
 * which holds the document: from then on nobody can use it or write over it here, a run that holds an old version
 * included. Once the document lies in the other store, the note is emptied. So it is never in use in two places, and
 * a move that was killed lost nothing.
 */
const noteSchema = z.strictObject({
  moved: z.strictObject({
    to: z.enum(['local', 's3']),
    place: z.string(),
    at: z.iso.datetime(),
    by: z.string(),
    /** As it was; absent once it lies in the other store. */
    document: z.string().optional(),
  }),
});
export type MoveNote = z.infer<typeof noteSchema>['moved'];

export const encodeNote = (moved: MoveNote): string => `${JSON.stringify({ moved }, null, 2)}\n`;

/** Undefined for every other document. */
export const noteIn = (text: string): MoveNote | undefined => noteSchema.safeParse(jsonIn(text)).data?.moved;

/**
 * Lies in both stores while states move, and for good in the one they came from: for who finds no state there, and would
 * take everything for lost or for new.
 */
export const moveKey = 'moved.json';
const markerSchema = z.strictObject({
  project: z.string(),
  /** Of the store it lies in; none: the move was given up, or has ended here. */
  role: z.enum(['source', 'target', 'none']),
  to: z.enum(['local', 's3']),
  /** The other store. */
  place: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  /** Only of a source: nothing is left in it. */
  finished: z.boolean(),
});
export type MoveMarker = z.infer<typeof markerSchema>;

export const encodeMarker = (marker: MoveMarker): string => `${JSON.stringify(marker, null, 2)}\n`;

export const readMarker = async (
  store: ObjectStore,
): Promise<{ readonly marker: MoveMarker; readonly etag: string } | undefined> => {
  const stored = await store.get(moveKey);
  if (stored === undefined) return undefined;
  const { data } = markerSchema.safeParse(jsonIn(stored.text));
  if (data !== undefined) return { marker: data, etag: stored.etag };
  throw new StateError(`${store.place}/${moveKey} can't be read, so it can't be told whether states move`, {
    done: ['nothing was changed'],
    next: `look at it, and remove it if nobody moves states: ${store.place}/${moveKey}`,
  });
};

/**
 * Asked where a document is absent: throws StateError when it may lie elsewhere. One request, so not for documents that
 * are there: they are replaced by notes.
 */
export const refuseMoved = async (store: ObjectStore, what: string): Promise<void> => {
  const found = await readMarker(store);
  if (found !== undefined && found.marker.role !== 'none') throw elsewhere(what, store.place, found.marker);
};

const elsewhere = (what: string, here: string, { role, to, place, at, by, finished }: MoveMarker): StateError => {
  if (role === 'source' && finished)
    return new StateError(`the states of this project moved from ${here} to ${place} (${by}, ${at})`, {
      done: ['nothing was changed'],
      next: `write under state of infra.yaml: backend: ${to}`,
    });
  const from = role === 'source' ? here : place;
  const into = role === 'source' ? place : here;
  return new StateError(
    `${what} can't be told: the states of this project are on their way from ${from} to ${into} since ${at} (${by})`,
    { done: ['nothing was changed'], next: `let it end, or if it was stopped, go on with: ${again(to)}` },
  );
};

const again = (to: MoveNote['to']): string => `reconcile state migrate --to ${to}`;

/** Throws StateError for a note in a state's place. */
export const refuseNote = (path: string, environment: string, { to, place, at, by, document }: MoveNote): StateError =>
  document === undefined
    ? new StateError(`the state of ${environment} moved from ${path} to ${place} (${by}, ${at})`, {
        done: ['nothing was changed'],
        next: `write under state of infra.yaml: backend: ${to}`,
      })
    : new StateError(`the state of ${environment} is on its way from ${path} to ${place} since ${at} (${by})`, {
        done: ['nothing was changed'],
        next: `let it end, or if it was stopped, go on with: ${again(to)}`,
      });
