import { isoNow } from '../ports/clock.ts';
import { encodeMarker, type MoveMarker, moveKey, readMarker } from '../statefile/moved.ts';
import { replaceDocument } from '../statefile/replace-document.ts';
import type { Move } from './move.ts';

const markerOf = ({ context, to, source, target }: Move, role: MoveMarker['role'], finished: boolean): MoveMarker => ({
  project: context.config.project,
  role,
  to,
  place: role === 'source' ? target.place : source.place,
  at: isoNow(context.clock),
  by: `${context.holder.user}@${context.holder.host}`,
  finished,
});

/**
 * Whoever takes a lease from now on and finds no state is refused; whoever took one before is seen by takeAll. Returns
 * what takes the markers back, as long as nobody else moves states meanwhile.
 */
export const begin = async (move: Move): Promise<() => Promise<void>> => {
  const undo: (() => Promise<void>)[] = [];
  for (const [store, role] of [
    [move.source, 'source'],
    [move.target, 'target'],
  ] as const) {
    const before = await readMarker(store);
    const unfinished = before?.marker.role === role && !before.marker.finished;
    const etag = await replaceDocument(store, moveKey, encodeMarker(markerOf(move, role, false)), before);
    const none = encodeMarker({
      ...(before?.marker ?? markerOf(move, role, false)),
      ...(before === undefined ? { role: 'none' } : {}),
    });
    if (!unfinished) undo.unshift(async () => void (await store.putIfMatch(moveKey, none, etag)));
  }
  return async () => {
    for (const one of undo) await one();
  };
};

export const end = async (move: Move): Promise<void> => {
  for (const [store, role] of [
    [move.source, 'source'],
    [move.target, 'none'],
  ] as const)
    await replaceDocument(store, moveKey, encodeMarker(markerOf(move, role, true)), await readMarker(store));
};
