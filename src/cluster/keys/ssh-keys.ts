import { createRequire } from 'node:module';
import type { HostKeys } from '../../domain/cluster-keys.ts';
import { Secret } from '../../domain/secret.ts';

/** Loaded when the first key is made: most commands make none. */
const ssh2 = (): typeof import('ssh2') => createRequire(import.meta.url)('ssh2') as typeof import('ssh2');

/** An ed25519 pair: OpenSSH's own private format (the only one sshd takes for ed25519), and the public line. */
export const makeSshKey = (comment: string): { readonly privateKey: Secret; readonly publicKey: string } => {
  const pair = ssh2().utils.generateKeyPairSync('ed25519', { comment });
  return { privateKey: new Secret(`${pair.private.trim()}\n`), publicKey: pair.public.trim() };
};

/** What a server boots with: good for one login, then replaced by a key that it makes itself. */
export const newHostKeys = (server: string): HostKeys => ({ first: makeSshKey(`${server} first boot`) });
