import { createHash, timingSafeEqual } from 'node:crypto';
import type { HostKeys } from '../domain/cluster-keys.ts';
import { targetOfName, targetWords } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';

/** Which of the keys we know of a server it offered. */
export type Offered = 'first' | 'pinned';

/** The wire form of `ssh-ed25519 AAAA… comment`: what a server offers and fingerprints are made of. */
export const keyBlob = (line: string): Buffer => Buffer.from(line.trim().split(/\s+/)[1] ?? '', 'base64');

/** `SHA256:…` as ssh-keygen -l prints it. */
export const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

/** Takes as long for a key that differs in its first byte as for one that differs in its last. */
const same = (line: string | undefined, blob: Buffer): boolean => {
  const known = keyBlob(line ?? '');
  return known.length > 0 && known.length === blob.length && timingSafeEqual(known, blob);
};

/** Which known key this is: the pinned one, or the first as long as it is recorded; undefined: a stranger's. */
export const recognise = (known: HostKeys, blob: Buffer): Offered | undefined => {
  const pinned = same(known.pinned, blob);
  const first = same(known.first?.publicKey, blob);
  return pinned ? 'pinned' : first ? 'first' : undefined;
};

/** Waiting does not heal this, and trying again would only offer a stranger our login once more. */
export const wrongHostKey = (server: string, where: string, known: HostKeys, offered: Buffer): Failure => {
  const expected = [known.pinned, known.first?.publicKey].flatMap((line) =>
    line === undefined ? [] : [fingerprint(keyBlob(line))],
  );
  const words = targetOfName(server.replace(/-\d+$/, ''));
  return new Failure(
    `${server} (${where}) shows another SSH host key than the one we know: expected ${expected.join(' or ')}, ` +
      `got ${fingerprint(offered)}. Either the server was installed anew by other hands, or its address now belongs ` +
      'to another machine, or someone listens in between; nothing was sent',
    {
      next:
        "compare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` at the server's console; if it can't be " +
        `explained, reconcile ${words === undefined ? '<target>' : targetWords(words)} --replace server/${server}`,
    },
  );
};
