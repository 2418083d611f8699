import type { Identity } from '../../src/age/identity.ts';
import { createAgeSealer } from '../../src/age/sealer.ts';
import type { Sealer } from '../../src/ports/sealer.ts';

/** Seals for all of them; opens with the identity of `as`, or with none. */
export const ageSealer = (recipients: readonly Identity[], as: Identity | null): Sealer =>
  createAgeSealer({
    recipients: recipients.map(({ recipient }) => recipient),
    identities: async () => (as === null ? null : { from: 'age.txt', all: [as] }),
  });

/** Everything of a secret that must not be found elsewhere: 12 letters in a row, without the armor that all keys share. */
export const piecesOf = (secret: string): string[] =>
  secret
    .split('\n')
    .filter((line) => !line.startsWith('-----'))
    .flatMap((line) => Array.from({ length: Math.max(0, line.length - 11) }, (_, at) => line.slice(at, at + 12)));
