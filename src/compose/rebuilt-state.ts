import { type Address, kindOf } from '../domain/address.ts';
import { StateError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { Remembered, StateFile } from '../domain/statefile.ts';
import { sha256Hex } from '../local/hash.ts';
import { isoNow } from '../ports/clock.ts';
import { encodeState, holdsSecrets } from '../statefile/codec.ts';
import { writeKeysCopy } from '../statefile/keys-copy.ts';
import { stateKey } from '../statefile/read.ts';
import { copyDocument, replaceDocument } from '../statefile/replace-document.ts';
import { historyMax } from '../statefile/schema.ts';
import { targetText } from '../statefile/target-text.ts';
import { refusePlainText } from '../statefile/unsealed.ts';
import { damagedKey, versionsAmong, versionsMax } from '../statefile/versions.ts';
import type { TargetContext } from './context.ts';
import type { Sources } from './rebuild-sources.ts';
import { releaseQuietly } from './release-quietly.ts';
import { tryStore } from './try-store.ts';

export interface Rebuilding {
  readonly plan: Plan;
  /** The state that the plan was made from: it remembers nothing. */
  readonly known: StateFile;
  readonly sources: Sources;
}

/**
 * Of a plan that was made without memory: what every adoption would record. A cluster only where nothing else is left to
 * do: a run that was killed may have left it half set up, and then the next run has to wait for it.
 */
export const adoptedEntries = ({ steps, changes }: Plan): Readonly<Record<Address, Remembered>> => {
  const entries: Record<Address, Remembered> = {};
  const whole = changes.every(({ action }) => action === 'adopt' || action === 'keep');
  for (const { address, effect, fingerprintAfter, userDataFingerprintAfter } of steps) {
    if (effect.port !== 'state' || effect.op !== 'adopt') continue;
    if (kindOf(address) === 'cluster' && !whole) continue;
    entries[address] = {
      kind: kindOf(address),
      id: effect.id,
      name: effect.name,
      createdAt: effect.createdAt,
      fingerprint: fingerprintAfter ?? '',
      ...(userDataFingerprintAfter === undefined ? {} : { userDataFingerprint: userDataFingerprintAfter }),
      outputs: effect.outputs,
    };
  }
  return entries;
};

/** Writes the state, and the copy of its keys before it. Throws StateError when a document came there meanwhile. */
export const writeRebuilt = async (
  context: TargetContext,
  { plan, known, sources }: Rebuilding,
  command: string,
): Promise<void> => {
  const { store, sealer, environment, config, clock, leases, version } = context;
  const { name } = environment;
  if (holdsSecrets(known)) refusePlainText(store, sealer, `the secrets of ${name}`);
  const startedAt = isoNow(clock);
  const lease = await leases.take({ environment: name, command, run: plan.run, above: sources.fencingToken });
  try {
    await tryStore(context, undefined);
    await refuseChanged(context, sources);
    const { damaged } = sources;
    if (damaged !== null)
      await copyDocument(store, damagedKey(name, sha256Hex(damaged.text).slice(0, 8)), damaged.text);
    if (known.keys !== undefined)
      await writeKeysCopy({ store, sealer, project: config.project, environment: name }, known.keys);
    const { holder, fencingToken } = lease.record();
    const resources = adoptedEntries(plan);
    const serial = known.serial + 1;
    const versions = versionsAmong(await store.list(), name)
      .slice(0, versionsMax)
      .reverse();
    const at = isoNow(clock);
    const summary = { adopt: Object.keys(resources).length };
    const next: StateFile = {
      ...known,
      serial,
      updatedAt: at,
      writtenBy: version,
      fencingToken,
      resources,
      ...(versions.length === 0 ? {} : { versions }),
      lastRun: { run: plan.run, holder, command, startedAt, endedAt: at, journal: [] },
      history: [{ run: plan.run, serial, at, command, outcome: 'rebuilt', summary }, ...known.history].slice(
        0,
        historyMax,
      ),
    };
    const text = await encodeState(next, sealer);
    await lease.check();
    await replaceDocument(store, stateKey(name), text, damaged ?? undefined);
  } finally {
    await releaseQuietly(lease, context.reporter);
  }
};

const refuseChanged = async ({ store, environment }: TargetContext, { damaged }: Sources): Promise<void> => {
  const now = await store.get(stateKey(environment.name));
  if (now?.etag === damaged?.etag) return;
  throw new StateError(`${store.place}/${stateKey(environment.name)} was written while the rebuild was being shown`, {
    done: ['nothing was changed'],
    next: `look at it: reconcile plan ${targetText(environment.name)}`,
  });
};
