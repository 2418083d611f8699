import { StateError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { ageLibrary } from './library.ts';

/** One private key of age, and the recipient that belongs to it. */
export interface Identity {
  readonly identity: Secret;
  readonly recipient: string;
}

/** What can open sealed text, and where it was found: `RECONCILE_AGE_IDENTITY`, `/home/me/age.txt`. */
export interface Identities {
  readonly from: string;
  readonly all: readonly Identity[];
}

/** X25519, as age-keygen makes them: every age there is reads it. */
export const makeIdentity = async (): Promise<Identity> => {
  const { generateX25519Identity, identityToRecipient } = await ageLibrary();
  const identity = await generateX25519Identity();
  return { identity: new Secret(identity), recipient: await identityToRecipient(identity) };
};

/** As age-keygen writes it, so that `age -d -i FILE` and `age-keygen -y FILE` take it. `createdAt`: ISO 8601. */
export const identityFileText = ({ identity, recipient }: Identity, createdAt: string): string =>
  `# created: ${createdAt}\n# public key: ${recipient}\n${identity.reveal()}\n`;

/** Of both kinds, X25519 and post-quantum; the rest of a key is what has to stay secret. */
const prefix = /^AGE-SECRET-KEY-(?:PQ-)?1/;

/** The text of an identity is here, not the path of one. */
export const holdsIdentity = (text: string): boolean => /AGE-SECRET-KEY-/i.test(text);

/**
 * The identities of a file as age-keygen writes them: one a line, with comments and blank lines. Throws StateError, in
 * which no part of a key is repeated, for what is none.
 */
export const readIdentities = async (
  text: string,
  from: string,
  onSecret: (secret: Secret) => void,
): Promise<Identities> => {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  refuseOthers(lines, from);
  const all: Identity[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    onSecret(new Secret(line.replace(prefix, '')));
    all.push(await identityIn(line, lines.length > 1 ? `line ${index + 1} of ${from}` : from));
  }
  if (all.length > 0) return { from, all };
  throw new StateError(`${from} holds no age identity`, { done, next: makeOne });
};

const done = ['nothing was changed'];
const makeOne = 'name the file that age-keygen wrote, or make one: reconcile state keygen';

const identityIn = async (line: string, where: string): Promise<Identity> => {
  if (line.startsWith('AGE-PLUGIN-'))
    throw new StateError(`${where} is an identity of an age plugin, which this tool can't run`, {
      done,
      next: makeOne,
    });
  if (/^age1/i.test(line))
    throw new StateError(`${where} is a recipient, the public half; the identity starts with AGE-SECRET-KEY-`, {
      done,
      next: makeOne,
    });
  const { identityToRecipient } = await ageLibrary();
  try {
    return { identity: new Secret(line), recipient: await identityToRecipient(line) };
  } catch {
    // The library's own message would show the key.
    throw new StateError(
      `${where} is no age identity: it starts with ${prefix.test(line) ? 'AGE-SECRET-KEY-, but its check sum does not fit' : 'something else than AGE-SECRET-KEY-'}`,
      { done, next: `copy it anew, whole and in capitals; or ${makeOne}` },
    );
  }
};

/** Files that `age` takes as identities and we do not. */
const refuseOthers = (lines: readonly string[], from: string): void => {
  const [first = ''] = lines;
  if (first === '-----BEGIN AGE ENCRYPTED FILE-----' || first.startsWith('age-encryption.org/'))
    throw new StateError(`${from} is protected by a passphrase, which this tool does not ask for`, {
      done,
      next: 'open it for this command alone: RECONCILE_AGE_IDENTITY="$(age -d FILE)" reconcile …',
    });
  if (/^-----BEGIN .*PRIVATE KEY-----$/.test(first))
    throw new StateError(`${from} is another private key, not an age identity`, { done, next: makeOne });
};
