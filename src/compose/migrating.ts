import { LeaseHeldError } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { MigrationPlan, Prepared } from '../ports/state-access.ts';
import { sharedState } from '../statefile/change-shared.ts';
import type { Lease } from '../statefile/held-lease.ts';
import { encodeNote, noteIn, readMarker } from '../statefile/moved.ts';
import { stateKey } from '../statefile/read.ts';
import { replaceDocument } from '../statefile/replace-document.ts';
import { createLeases, type Leases } from './lease.ts';
import { decoded, isBaggage, leaseOwner, type Move, nameIn, ownerOf, statesOf } from './move.ts';
import { refuseImpossible, refuseOpposite, refuseUnreadable } from './move-checks.ts';
import { type Baggage, moveBaggage, resealed } from './move-documents.ts';
import { begin, end } from './move-markers.ts';

/**
 * Looks at both stores and refuses what can't move: a document that can't be read, another state in its place, secrets
 * in plain text where others can read them. Carried out, it may be killed anywhere and asked again.
 */
export const prepareMigration = async (move: Move): Promise<Prepared<MigrationPlan, void>> => {
  const { source, target } = move;
  await refuseOpposite(move);
  const keys = await source.list();
  const states = await statesOf(move, keys);
  for (const state of states) await refuseImpossible(move, state);
  await refuseUnreadable(move, states, keys);
  const marker = (await readMarker(source))?.marker;
  const arriving = (await readMarker(target))?.marker;
  const left = states.filter(({ standing }) => standing !== 'moved');
  const ended = marker?.role !== 'source' || marker.finished;
  return {
    plan: {
      from: source.place,
      to: target.place,
      environments: states.map(({ name, serial, standing }) => ({ name, serial, standing })),
      others: keys.filter((key) => isBaggage(key)).length,
      finished: left.length === 0 && ended && arriving?.role !== 'target',
    },
    carryOut: (command) => carryOut(move, command),
  };
};

const carryOut = async (move: Move, command: string): Promise<void> => {
  const { context, source } = move;
  const leases = source.place === context.store.place ? context.leases : createLeases({ ...context, store: source });
  const giveUp = await begin(move);
  const held = await takeAll(move, leases, command, giveUp);
  try {
    const keys = await source.list();
    const states = await statesOf(move, keys);
    for (const state of states) await refuseImpossible(move, state);
    await refuseUnreadable(move, states, keys);
    for (const { name, standing } of states) {
      await Promise.all(held.map((lease) => lease.check()));
      if (standing === 'to move') await putNote(move, name);
    }
    // Now nothing is in use in either place, so nothing of this can change any more.
    const baggage = await packed(move, keys);
    for (const one of baggage) await moveBaggage(move, one);
    for (const { name, text, standing } of states) if (standing !== 'moved') await arrive(move, name, text);
    for (const { name } of states) await emptyNote(move, name);
    for (const { key, stays } of baggage) if (!stays) await source.delete(key);
    await end(move);
  } finally {
    for (const lease of held) await lease.release().catch(() => false);
  }
};

const takeAll = async (
  { source }: Move,
  leases: Leases,
  command: string,
  giveUp: () => Promise<void>,
): Promise<Lease[]> => {
  const keys = await source.list();
  const names = new Set([sharedState, ...keys.flatMap((key) => nameIn(key) ?? leaseOwner(key) ?? [])]);
  const held: Lease[] = [];
  try {
    for (const environment of [...names].sort()) held.push(await leases.take({ environment, command }));
    return held;
  } catch (error) {
    for (const lease of held) await lease.release().catch(() => false);
    await giveUp();
    if (!(error instanceof LeaseHeldError)) throw error;
    // A move waits for nobody: all states would have to be free at once.
    const [, ...others] = (error.next ?? '').split('\n');
    const next = [`when that run has ended: ${command}`, ...others].join('\n');
    throw new LeaseHeldError(error.message, { done: error.done, next, cause: error });
  }
};

const putNote = async (move: Move, name: string): Promise<void> => {
  const { source, target, to, context } = move;
  const stored = await source.get(stateKey(name));
  if (stored === undefined) return;
  await decoded(move, name, stored.text);
  const by = `${context.holder.user}@${context.holder.host}`;
  const note = { to, place: target.place, at: isoNow(context.clock), by, document: stored.text };
  await replaceDocument(source, stateKey(name), encodeNote(note), stored);
};

const emptyNote = async ({ source }: Move, name: string): Promise<void> => {
  const stored = await source.get(stateKey(name));
  const note = stored === undefined ? undefined : noteIn(stored.text);
  if (stored === undefined || note?.document === undefined) return;
  const { document: _gone, ...rest } = note;
  await replaceDocument(source, stateKey(name), encodeNote(rest), stored);
};

/** An environment that is in use there already has all that belongs to it, and newer than here. */
const packed = async ({ target }: Move, sourceKeys: readonly string[]): Promise<Baggage[]> => {
  const inUse = new Set<string>();
  for (const name of (await target.list()).flatMap((key) => nameIn(key) ?? [])) {
    const there = await target.get(stateKey(name));
    if (there !== undefined && noteIn(there.text) === undefined) inUse.add(name);
  }
  return sourceKeys.filter(isBaggage).map((key): Baggage => {
    const owner = ownerOf(key) ?? null;
    return { key, owner, there: owner === null ? inUse.size > 0 : inUse.has(owner), stays: false };
  });
};

/** From here on it is in use there. */
const arrive = async (move: Move, name: string, text: string): Promise<void> => {
  const { target } = move;
  const there = await target.get(stateKey(name));
  if (there !== undefined && noteIn(there.text) === undefined) return;
  const wanted = await resealed(move, name, text);
  await replaceDocument(target, stateKey(name), wanted, there);
  const found = await target.get(stateKey(name));
  await decoded({ ...move, source: target }, name, found?.text ?? '');
};
