import { DamagedStateError } from '../domain/damaged-state.ts';
import { StateError } from '../domain/errors.ts';
import { sameRecipients } from '../domain/recipients.ts';
import type { SealedAbout, Sealer } from '../ports/sealer.ts';
import type { Identities } from './identity.ts';
import { ageLibrary } from './library.ts';

export interface AgeSealerOptions {
  /** `age1…`, in any order; at least one. */
  readonly recipients: readonly string[];
  /** Asked once, when something has to be opened first; null: none was named. */
  readonly identities: () => Promise<Identities | null>;
}

/** A run keeps as many different contents of its documents; more would be held for nothing. */
const keptMax = 32;

/**
 * Seals with age (age-encryption.org/v1). What a sealed text says is kept, so that the same secrets get the same text
 * again: age itself never writes the same twice, and a document would change with every save.
 */
export const createAgeSealer = (options: AgeSealerOptions): Sealer => {
  const recipients = [...new Set(options.recipients)].sort();
  const kept = new Map<string, Promise<string>>();
  let found: Promise<Identities | null> | undefined;

  const keep = (text: string, sealed: Promise<string>): Promise<string> => {
    kept.set(text, sealed);
    for (const oldest of [...kept.keys()].slice(0, -keptMax)) kept.delete(oldest);
    sealed.catch(() => kept.delete(text));
    return sealed;
  };
  return {
    recipients,
    seal: (text) => kept.get(text) ?? keep(text, encrypt(text, recipients)),
    async open(sealed, sealedFor, about) {
      found ??= options.identities();
      const identities = await found;
      if (identities === null) throw noIdentity(sealedFor, about);
      const text = await decrypt(sealed, identities).catch((error: unknown) => {
        throw cannotOpen(error, { identities, sealedFor, about });
      });
      if (sameRecipients(sealedFor, recipients) && !kept.has(text)) void keep(text, Promise.resolve(sealed));
      return text;
    },
  };
};

const encrypt = async (text: string, recipients: readonly string[]): Promise<string> => {
  const { Encrypter, armor } = await ageLibrary();
  const encrypter = new Encrypter();
  for (const recipient of recipients)
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new StateError(`state.recipients of infra.yaml has no age recipient in ${shortened(recipient)}`, {
        done: ['nothing was written'],
        next: 'copy the recipient anew and whole; its owner sees it with: age-keygen -y FILE',
        cause: error,
      });
    }
  return armor.encode(await encrypter.encrypt(text));
};

const decrypt = async (sealed: string, { all }: Identities): Promise<string> => {
  const { Decrypter, armor } = await ageLibrary();
  const decrypter = new Decrypter();
  for (const { identity } of all) decrypter.addIdentity(identity.reveal());
  return decrypter.decrypt(armor.decode(sealed), 'text');
};

/** Post-quantum recipients have 2,000 letters. */
export const shortened = (recipient: string): string =>
  recipient.length <= 64 ? recipient : `${recipient.slice(0, 24)}…${recipient.slice(-8)}`;

const listed = (recipients: readonly string[]): string => recipients.map(shortened).join(', ');

const noIdentity = (sealedFor: readonly string[], { what }: SealedAbout): StateError =>
  new StateError(`${what} are sealed for ${listed(sealedFor)}, and no age identity was named to open them`, {
    done: ['nothing was changed'],
    next: 'export RECONCILE_AGE_IDENTITY=FILE   (the identity file of one of them, or the identity itself), or write state: { identity: FILE } into infra.yaml',
  });

interface Refused {
  readonly identities: Identities;
  readonly sealedFor: readonly string[];
  readonly about: SealedAbout;
}

/** age-encryption tells apart whether no identity fits, and everything else, by the words of its error alone. */
const cannotOpen = (error: unknown, { identities, sealedFor, about }: Refused): StateError => {
  const own = identities.all.map(({ recipient }) => recipient);
  const noneFits = error instanceof Error && error.message.startsWith('no identity matched');
  if (noneFits && !own.some((one) => sealedFor.includes(one)))
    return new StateError(
      `${about.what} are sealed for ${listed(sealedFor)}; ${identities.from} is the identity of ${listed(own)}, which is none of them`,
      {
        done: ['nothing was changed'],
        next: `name the identity of one of them in RECONCILE_AGE_IDENTITY; or let one of them add yours to state.recipients of infra.yaml and run: reconcile state reencrypt ${about.target}`,
      },
    );
  return new DamagedStateError(`${about.what} can't be opened: the sealed text is damaged`, {
    done: ['nothing was changed'],
    next: `make the state again from what exists and from earlier copies: reconcile state rebuild ${about.target}`,
    cause: error,
  });
};
