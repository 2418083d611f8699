import { createRequire } from 'node:module';
import type { HostKeys } from '../../domain/cluster-keys.ts';
import { Secret } from '../../domain/secret.ts';

/** Loaded when the first key is made: most commands make none. */
const ssh2 = (): typeof import('ssh2') => createRequire(import.meta.url)('ssh2') as typeof import('ssh2');

/** An ed25519 pair: OpenSSH's own private format (the only one sshd takes for ed25519), and the public line. */
export const makeSshKey = (comment: string): { readonly privateKey: Secret; readonly publicKey: string } => {
  const pair = sound(() => ssh2().utils.generateKeyPairSync('ed25519', { comment }));
  return { privateKey: new Secret(`${pair.private.trim()}\n`), publicKey: pair.public.trim() };
};

/** Bytes of an ed25519 public key on the wire: its name, its 32 bytes, and the lengths of both (RFC 8709). */
const publicBytes = 51;

/** ssh2 1.17 drops leading zero bytes of the public half (lib/keygen.js): one key in 256 is none, and is drawn again. */
const sound = <T extends { readonly public: string }>(draw: () => T): T => {
  for (;;) {
    const pair = draw();
    if (Buffer.from(pair.public.split(' ')[1] ?? '', 'base64').length === publicBytes) return pair;
  }
};

/** What a server boots with: good for one login, then replaced by a key that it makes itself. */
export const newHostKeys = (server: string): HostKeys => ({ first: makeSshKey(`${server} first boot`) });
