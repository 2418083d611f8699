import { DamagedStateError } from '../domain/damaged-state.ts';
import { sameRecipients } from '../domain/recipients.ts';
import type { StateFile } from '../domain/statefile.ts';
import { certificatesKey, changeCertificates, readCertificates } from '../statefile/certificates-document.ts';
import { decodeState, encodeState, holdsSecrets } from '../statefile/codec.ts';
import { jsonIn } from '../statefile/json-in.ts';
import { keysKey, readKeysCopy, writeKeysCopy } from '../statefile/keys-copy.ts';
import { copyDocument } from '../statefile/replace-document.ts';
import type { Move } from './move.ts';

/** A document that moves with a state. */
export interface Baggage {
  readonly key: string;
  /** Name of its environment; null: the project's. */
  readonly owner: string | null;
  /** It lies in the other store already, perhaps a newer one. */
  readonly there: boolean;
  /** It could not be moved: nobody can say whether it holds secrets. */
  stays: boolean;
}

/** A state as it may lie in the other store: sealed for the present recipients, opened only where they are others. */
export const resealed = async ({ context, source }: Move, environment: string, text: string): Promise<string> => {
  const { sealer, config } = context;
  const where = { place: source.place, key: `${environment}.json`, environment, project: config.project };
  const closed = await decodeState(text, where, null);
  if (isAsWanted(closed, sealer.recipients)) return text;
  return encodeState(await decodeState(text, where, sealer), sealer);
};

/** Nothing of it has to be sealed anew, so nobody has to be able to open it. */
export const isAsWanted = (state: StateFile, recipients: readonly string[]): boolean =>
  state.sealed === undefined
    ? !holdsSecrets(state) || recipients.length === 0
    : sameRecipients(state.sealed.recipients, recipients);

export const moveBaggage = async (move: Move, baggage: Baggage): Promise<void> => {
  const { key, owner, there } = baggage;
  if (there) return;
  if (owner !== null && key !== keysKey(owner)) return moveVersion(move, baggage, owner);
  const stored = await move.source.get(key);
  if (stored === undefined) return;
  const { recipients } = move.context.sealer;
  const sealedFor = sealedIn(stored.text);
  if (sealedFor === undefined ? recipients.length === 0 : sameRecipients(sealedFor, recipients))
    return copyDocument(move.target, key, stored.text);
  if (owner !== null) return moveKeys(move, owner);
  await moveCertificates(move);
};

const sealedIn = (text: string): readonly string[] | undefined => {
  const document = jsonIn(text) as { readonly sealed?: { readonly recipients?: readonly string[] } } | undefined;
  return document?.sealed?.recipients;
};

const moveKeys = async ({ context, source, target }: Move, environment: string): Promise<void> => {
  const whose = { sealer: context.sealer, project: context.config.project, environment };
  const keys = await readKeysCopy({ ...whose, store: source });
  if (keys !== null) await writeKeysCopy({ ...whose, store: target }, keys);
};

const moveCertificates = async ({ context, source, target }: Move): Promise<void> => {
  const whose = { sealer: context.sealer, project: context.config.project };
  const document = await readCertificates({ ...whose, store: source });
  if ((await target.get(certificatesKey)) === undefined)
    await changeCertificates({ ...whose, store: target }, () => document);
};

const moveVersion = async (move: Move, baggage: Baggage, owner: string): Promise<void> => {
  const { source, target } = move;
  const stored = await source.get(baggage.key);
  if (stored === undefined || (await target.get(baggage.key)) !== undefined) return;
  try {
    await copyDocument(target, baggage.key, await resealed(move, owner, stored.text));
  } catch (error) {
    if (!(error instanceof DamagedStateError)) throw error;
    if (target.shared) baggage.stays = true;
    else await copyDocument(target, baggage.key, stored.text);
  }
};
