import { basename, dirname } from 'node:path';
import { DamagedStateError } from '../domain/damaged-state.ts';
import { StateError } from '../domain/errors.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Prepared, PushPlan } from '../ports/state-access.ts';
import { decodeState, encodeState, holdsSecrets } from '../statefile/codec.ts';
import { refuseMoved } from '../statefile/moved.ts';
import { type LoadedState, readState, stateKey } from '../statefile/read.ts';
import { copyDocument, replaceDocument } from '../statefile/replace-document.ts';
import { revealing } from '../statefile/revealing.ts';
import { targetText } from '../statefile/target-text.ts';
import { refusePlainText } from '../statefile/unsealed.ts';
import { versionKey, versionsWith } from '../statefile/versions.ts';
import type { Context } from './context.ts';
import { releaseQuietly } from './release-quietly.ts';
import { tryStore } from './try-store.ts';

export interface PushedFile {
  readonly path: string;
  readonly text: string;
}

/**
 * A document from a file, to be put in the place of the stored one. Throws StateError for what would lose something: a
 * file of another environment, project or lineage, an older one, one without its secrets.
 */
export const preparePush = async (
  context: Context,
  environment: string,
  file: PushedFile,
): Promise<Prepared<PushPlan, void>> => {
  const { store, config } = context;
  const pushed = await readFile(context, environment, file);
  const before = await readState(store, environment, config.project, null);
  if (before === null) await refuseMoved(store, `the state of ${environment}`);
  const plan = planOf(context, environment, file, pushed, before);
  return {
    plan,
    carryOut: (command) =>
      plan.outcome === 'same' ? Promise.resolve() : carryOut(context, { environment, command, pushed, before }),
  };
};

const done = ['nothing was changed'];

const readFile = async (context: Context, environment: string, { path, text }: PushedFile): Promise<StateFile> => {
  const { store, sealer, config } = context;
  const where = { place: dirname(path), key: basename(path), environment, project: config.project };
  const state = await decodeState(text, where, null).catch((error: unknown) => {
    if (!(error instanceof DamagedStateError)) throw error;
    const next = `name a whole file, as written by: reconcile state pull ${targetText(environment)} --out FILE`;
    throw new StateError(error.message, { done, next, cause: error });
  });
  if (/"\[redacted\]"/.test(text))
    throw new StateError(`${path} has [redacted] in place of its secrets, which would be lost`, {
      done,
      next: `pull it with them, into a file: reconcile state pull ${targetText(environment)} --out FILE`,
    });
  if (holdsSecrets(state)) refusePlainText(store, sealer, `the secrets of ${environment}`);
  return state;
};

const planOf = (
  { store }: Context,
  environment: string,
  { path }: PushedFile,
  pushed: StateFile,
  loaded: LoadedState | null,
): PushPlan => {
  const { lineage, serial } = pushed;
  const stored = loaded?.state ?? null;
  if (stored !== null) refuseBackwards({ path, place: `${store.place}/${stateKey(environment)}` }, pushed, stored);
  const now = pushed.resources;
  const then = stored?.resources ?? {};
  const names = (of: StateFile['resources']) => Object.keys(of) as (keyof typeof of)[];
  return {
    path: `${store.place}/${stateKey(environment)}`,
    outcome: stored === null ? 'new' : stored.serial === serial ? 'same' : 'replace',
    lineage,
    serial,
    replaces: stored === null ? null : { serial: stored.serial, updatedAt: stored.updatedAt },
    added: names(now).filter((address) => then[address] === undefined),
    changed: names(now).filter((address) => then[address] !== undefined && !same(then[address], now[address])),
    dropped: names(then).filter((address) => now[address] === undefined),
  };
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a, revealing) === JSON.stringify(b, revealing);

const refuseBackwards = (
  { path, place }: { readonly path: string; readonly place: string },
  pushed: StateFile,
  stored: StateFile,
): void => {
  const target = targetText(stored.environment);
  if (pushed.lineage !== stored.lineage)
    throw new StateError(
      `${path} is of another state than the one in ${place}: lineage ${pushed.lineage}, serial ${pushed.serial}, instead of lineage ${stored.lineage}, serial ${stored.serial}`,
      { done, next: `find out which of the two is right; the stored one is shown by: reconcile state show ${target}` },
    );
  if (pushed.serial < stored.serial)
    throw new StateError(
      `${path} is older than what is in ${place}: serial ${pushed.serial} instead of ${stored.serial}`,
      {
        done,
        next: `what was made since then would be forgotten; see what differs from infra.yaml: reconcile plan ${target}`,
      },
    );
  if (pushed.serial > stored.serial || same(pushed, stored)) return;
  throw new StateError(`${path} has serial ${pushed.serial} like the one in ${place}, and another content`, {
    done,
    next: `get the stored one, make your change to it, and raise its serial: reconcile state pull ${target} --out FILE`,
  });
};

interface Pushing {
  readonly environment: string;
  readonly command: string;
  readonly pushed: StateFile;
  readonly before: LoadedState | null;
}

const carryOut = async (context: Context, { environment, command, pushed, before }: Pushing): Promise<void> => {
  const { store, sealer, leases } = context;
  const above = Math.max(pushed.fencingToken, before?.state.fencingToken ?? 0);
  const lease = await leases.take({ environment, command, above });
  try {
    await tryStore(context, before?.state.store);
    const kept = before === null ? [] : versionsWith(before.state.versions, before.state.serial).stay;
    const next = {
      ...pushed,
      fencingToken: lease.record().fencingToken,
      ...(kept.length === 0 ? {} : { versions: kept }),
    };
    const text = await encodeState(next, sealer);
    if (before !== null) await copyDocument(store, versionKey(environment, before.state.serial), before.text);
    await lease.check();
    await replaceDocument(store, stateKey(environment), text, before ?? undefined);
  } finally {
    await releaseQuietly(lease, context.reporter);
  }
};
