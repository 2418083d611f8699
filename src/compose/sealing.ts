import { findIdentities, type IdentityPlaces } from '../age/find-identity.ts';
import { createAgeSealer } from '../age/sealer.ts';
import type { StateConfig } from '../config/project.ts';
import { sameRecipients } from '../domain/recipients.ts';
import type { StateFile } from '../domain/statefile.ts';
import { readPrivateFile } from '../local/private-file.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { Sealer } from '../ports/sealer.ts';
import { holdsSecrets } from '../statefile/codec.ts';
import { plainSealer } from '../statefile/plain-sealer.ts';
import { targetText } from '../statefile/target-text.ts';
import { refusePlainText } from '../statefile/unsealed.ts';

export interface SealerOptions extends Pick<IdentityPlaces, 'configFile' | 'onSecret'> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reporter: Pick<Reporter, 'notice'>;
  readonly readFile?: IdentityPlaces['readFile'];
}

/**
 * The sealer of the state that infra.yaml configures. Undefined, and so plain: there is none, or `--local` puts an
 * emulated world in its place, whose secrets open nothing. The identity is looked for when something has to be opened.
 */
export const openStateSealer = (config: StateConfig | undefined, options: SealerOptions): Sealer => {
  const { recipients = [], identity: configured } = config ?? {};
  if (recipients.length === 0) return plainSealer;
  const { env, reporter, configFile, onSecret, readFile = readPrivateFile } = options;
  const given = env['RECONCILE_AGE_IDENTITY'];
  const notice = (text: string): void => reporter.notice(text);
  return createAgeSealer({
    recipients,
    identities: () => findIdentities({ given, configured, configFile, readFile, notice, onSecret }),
  });
};

/**
 * Before anything is ordered: throws StateError when the secrets of this run would lie in plain text where others can
 * read them, or sealed for others alone, so that the next run could not open them.
 */
export const refuseUnsealed = async (
  { store, sealer }: { readonly store: ObjectStore; readonly sealer: Sealer },
  environment: string,
  willHoldSecrets: boolean,
): Promise<void> => {
  if (!willHoldSecrets) return;
  refusePlainText(store, sealer, `the secrets of ${environment}`);
  const { recipients } = sealer;
  if (recipients.length === 0) return;
  const what = `the secrets of ${environment} that would be written to ${store.place}`;
  await sealer.open(await sealer.seal('a trial'), recipients, { what, target: targetText(environment) });
};

/** For plans: infra.yaml names others than those the secrets are sealed for. The next run that writes seals them anew. */
export const sealingNotices = (environment: string, state: StateFile | null, sealer: Sealer): readonly string[] => {
  if (state === null || !holdsSecrets(state)) return [];
  const { recipients } = sealer;
  const { sealedFor = [] } = state;
  if (sameRecipients(sealedFor, recipients)) return [];
  const command = `reconcile state reencrypt ${targetText(environment)}`;
  if (sealedFor.length === 0)
    return [`the secrets of ${environment} lie in plain text, and infra.yaml names recipients: ${command}`];
  const still = recipients.filter((one) => sealedFor.includes(one)).length;
  const gone = sealedFor.filter((one) => !recipients.includes(one)).length;
  const also = gone === 0 ? '' : `, and for ${gone} that it does not name any more`;
  return [
    `the secrets of ${environment} are sealed for ${still} of ${recipients.length} recipients of infra.yaml${also}: ${command}`,
  ];
};
