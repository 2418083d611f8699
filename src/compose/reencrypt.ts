import type { EnvironmentType } from '../domain/environment.ts';
import { StateError } from '../domain/errors.ts';
import { sameRecipients } from '../domain/recipients.ts';
import type { StateFile } from '../domain/statefile.ts';
import { certificatesKey, resealCertificates } from '../statefile/certificates-document.ts';
import { holdsSecrets } from '../statefile/codec.ts';
import { keysKey, readKeysCopy, writeKeysCopy } from '../statefile/keys-copy.ts';
import { readState, stateKey } from '../statefile/read.ts';
import { createStateWriter } from '../statefile/write.ts';
import type { Context } from './context.ts';
import { releaseQuietly } from './release-quietly.ts';
import { refuseUnsealed } from './sealing.ts';
import { takeAbove } from './take-above.ts';
import { tryStore } from './try-store.ts';

export interface Reencrypted {
  /** Keys of the documents that were written anew; empty: all were sealed for these recipients, or hold no secrets. */
  readonly written: readonly string[];
  readonly recipients: readonly string[];
  /** Could open what was there, and can't open what was written. */
  readonly removed: readonly string[];
}

/** `name`: of an environment, or `shared`. */
export interface StateScope {
  readonly name: string;
  readonly type: EnvironmentType | 'shared';
}

/**
 * Seals the secrets of one environment, the copy of its keys and the project's certificates for the recipients that
 * infra.yaml names now. Throws StateError when it names none, or none that this user has the identity of.
 */
export const reencrypt = async (context: Context, scope: StateScope, command: string): Promise<Reencrypted> => {
  const { store, clock, random, sealer, config, leases } = context;
  if (sealer.recipients.length === 0) throw nobody(context);
  const { name: environment } = scope;
  const whose = { store, sealer, project: config.project, environment };
  await refuseUnsealed(context, environment, true);
  let lease = await leases.take({ environment, command });
  try {
    const loaded = await readState(store, environment, config.project, sealer);
    await tryStore(context, loaded?.state.store);
    const written: string[] = [];
    const keys = loaded?.state.keys ?? (await readKeysCopy(whose));
    await lease.check();
    if (keys !== null && (await writeKeysCopy(whose, keys))) written.push(keysKey(environment));
    if (loaded !== null && isStale(loaded.state, sealer.recipients)) {
      lease = await takeAbove(leases, lease, { environment, command }, loaded.state);
      const fencingToken = lease.record().fencingToken;
      const writtenBy = context.version;
      const environmentType = scope.type;
      const options = { ...whose, loaded, environmentType, writtenBy, fencingToken, clock, random };
      await createStateWriter(options).save((state) => state);
      written.push(stateKey(environment));
    }
    if (await resealCertificates(whose)) written.push(certificatesKey);
    const before = loaded?.state.sealedFor ?? [];
    const removed = before.filter((one) => !sealer.recipients.includes(one));
    return { written, recipients: sealer.recipients, removed };
  } finally {
    await releaseQuietly(lease, context.reporter);
  }
};

const isStale = (state: StateFile, recipients: readonly string[]): boolean =>
  holdsSecrets(state) && !sameRecipients(state.sealedFor ?? [], recipients);

/** What encryption can't do; null where nobody was removed. */
export const removedWarning = (removed: readonly string[]): string | null =>
  removed.length === 0
    ? null
    : 'earlier documents and versions, which the store keeps, stay readable for the removed recipients: secrets that must be kept from them have to be rotated';

const nobody = ({ local, config }: Context): StateError =>
  local
    ? new StateError('the emulated world of --local is kept in plain text: its secrets open nothing', {
        done: ['nothing was changed'],
        next: 'run the same command without --local',
      })
    : new StateError(`${config.file} names no recipients, so nothing is sealed`, {
        done: ['nothing was changed'],
        next: 'make a key, and write its recipient into state.recipients: reconcile state keygen',
      });
