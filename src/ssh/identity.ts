import { createRequire } from 'node:module';
import type { BaseAgent, ParsedKey } from 'ssh2';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { fingerprint } from './host-key.ts';

/** Loaded when somebody asks for it: most commands do not. */
const ssh2 = (): typeof import('ssh2') => createRequire(import.meta.url)('ssh2') as typeof import('ssh2');

/** One key of a human that may open a server. */
export interface HumanKey {
  /** `the key SHA256:… (alice@laptop) of the SSH agent`. */
  readonly name: string;
  readonly login: Secret | BaseAgent;
  /** `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
}

export interface IdentitySource {
  /** A file with a private key; null: the agent. */
  readonly identity: string | null;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket: string | undefined;
  readonly readFile: (path: string) => Promise<string>;
}

/** An agent may hold many keys, and each is tried in a login of its own: sshd ends a login after three (MaxAuthTries). */
const agentKeysMax = 10;

/** The keys to try, in turn. Throws Failure when there is none, in words that hold nothing of a key. */
export const humanKeys = async (source: IdentitySource): Promise<readonly HumanKey[]> =>
  source.identity === null ? agentKeys(source.agentSocket) : [await fileKey(source.identity, source)];

const nameOf = (key: ParsedKey, where: string): string => {
  const comment = /^[\x20-\x7e]{1,80}$/.test(key.comment ?? '') ? ` (${key.comment})` : '';
  return `the key ${fingerprint(key.getPublicSSH())}${comment} ${where}`;
};

const lineOf = (key: ParsedKey): string => `${key.type} ${key.getPublicSSH().toString('base64')}`;

const fileKey = async (path: string, { readFile }: IdentitySource): Promise<HumanKey> => {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(`can't read the SSH key ${path}${code === undefined ? '' : `: ${code}`}`, {
      done: ['nothing was changed'],
      next: 'name the file of a private key with --ssh-identity FILE, or load it into the SSH agent: ssh-add FILE',
    });
  }
  const key = ssh2().utils.parseKey(text);
  // Its own words may hold a piece of what it could not read.
  if (key instanceof Error || !key.isPrivateKey()) {
    const encrypted = key instanceof Error && /encrypted/i.test(key.message);
    throw new Failure(
      encrypted ? `the SSH key ${path} is protected by a passphrase` : `${path} is no private SSH key that can be read`,
      {
        done: ['nothing was changed'],
        next: `load it into the SSH agent, and leave --ssh-identity out: ssh-add ${path}`,
      },
    );
  }
  return { name: nameOf(key, `in ${path}`), login: new Secret(text), publicKey: lineOf(key) };
};

const agentKeys = async (socket: string | undefined): Promise<readonly HumanKey[]> => {
  const next = 'start one and load a key that infra.yaml names: ssh-add FILE; or name a file: --ssh-identity FILE';
  if (socket === undefined || socket === '')
    throw new Failure('there is no SSH agent to log in with: SSH_AUTH_SOCK is not set', {
      done: ['nothing was changed'],
      next,
    });
  const { createAgent } = ssh2();
  const keys = await new Promise<readonly ParsedKey[]>((resolve, reject) => {
    createAgent(socket).getIdentities((error, found) => {
      if (error) reject(new Failure(`the SSH agent at ${socket} does not answer: ${error.message}`, { next }));
      else resolve((found ?? []) as readonly ParsedKey[]);
    });
  });
  if (keys.length === 0) throw new Failure('the SSH agent holds no key', { done: ['nothing was changed'], next });
  return keys.slice(0, agentKeysMax).map((key) => ({
    name: nameOf(key, 'of the SSH agent'),
    publicKey: lineOf(key),
    login: Object.assign(createAgent(socket), {
      getIdentities: (tell: (error: undefined, keys: ParsedKey[]) => void) => tell(undefined, [key]),
    }),
  }));
};
