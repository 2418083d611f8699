import { makeSshKey } from '../../src/cluster/keys/ssh-keys.ts';
import { keyBlob } from '../../src/ssh/host-key.ts';

/**
 * ssh2 1.17 drops leading zero bytes of an ed25519 public key it makes (lib/keygen.js, "Remove leading zero bytes"): one
 * in 256 is 31 bytes long, and neither OpenSSH nor our reading of a server's answer takes it for a key.
 */
export const soundSshKey = (comment: string): ReturnType<typeof makeSshKey> => {
  for (;;) {
    const key = makeSshKey(comment);
    if (keyBlob(key.publicKey).length === 51) return key;
  }
};
