import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { StateError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { holdsIdentity, type Identities, readIdentities } from './identity.ts';

/** Throws the system's own error. `mode`: the permission bits. */
export type ReadPrivateFile = (path: string) => Promise<{ readonly text: string; readonly mode: number }>;

export interface IdentityPlaces {
  /** RECONCILE_AGE_IDENTITY: the identity itself, a whole file of them, or a path. It comes first. */
  readonly given: string | undefined;
  /** `state.identity` of infra.yaml: a path, from where infra.yaml is. */
  readonly configured: string | undefined;
  readonly configFile: string;
  readonly readFile: ReadPrivateFile;
  readonly notice: (text: string) => void;
  /** Told of every key as soon as it is read, so that nothing prints it. */
  readonly onSecret: (secret: Secret) => void;
}

const variable = 'RECONCILE_AGE_IDENTITY';

/** The identities of whoever runs the command; null: none was named. Throws StateError for what can't be used. */
export const findIdentities = async (places: IdentityPlaces): Promise<Identities | null> => {
  const { given = '', configured, configFile, onSecret } = places;
  const value = given.trim();
  if (holdsIdentity(value)) return readIdentities(value, variable, onSecret);
  if (value !== '') return fromFile(resolve(expanded(value)), `${variable} names`, places, isPath(value));
  if (configured === undefined) return null;
  const path = resolve(dirname(configFile), expanded(configured));
  return fromFile(path, `state.identity of ${configFile} names`, places, true);
};

const expanded = (path: string): string => path.replace(/^~(?=\/|$)/, homedir());

/** A key that lost its first letters on the way looks like a file name: what may be one is not repeated. */
const isPath = (value: string): boolean => /[/.]/.test(value) || value.length < 40;

const othersMayRead = 0o004;

const fromFile = async (
  path: string,
  who: string,
  { readFile, notice, onSecret }: IdentityPlaces,
  mayShow: boolean,
): Promise<Identities> => {
  if (!mayShow) onSecret(new Secret(path));
  const { text, mode } = await readFile(path).catch((error: unknown) => {
    throw unreadable(who, mayShow ? path : 'a file', error);
  });
  if ((mode & othersMayRead) !== 0)
    notice(`${path} holds an age identity and everybody may read it: chmod 600 ${path}`);
  return readIdentities(text, path, onSecret);
};

const unreadable = (who: string, path: string, error: unknown): StateError => {
  const { code, message } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'which is not there',
    EACCES: 'which this user may not read',
    EISDIR: 'which is a directory',
  };
  return new StateError(`${who} ${path}, ${why[code ?? ''] ?? `which can't be read: ${message}`}`, {
    done: ['nothing was changed'],
    next: `set ${variable} to the path of an age identity, or to the identity itself; make one with: reconcile state keygen`,
    ...(path === 'a file' ? {} : { cause: error }),
  });
};
