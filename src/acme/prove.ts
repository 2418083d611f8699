import { Failure } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { DnsChallenge } from '../ports/dns-challenge.ts';
import type { Authorization, Client } from './client.ts';
import { waitUntil } from './wait.ts';

/** Hetzner's nameservers answer with a new record within seconds; others take minutes. */
export const visibleWithinMs = 5 * 60_000;

interface Proof {
  readonly authorization: Authorization;
  readonly name: string;
  readonly value: string;
}

export interface Prover {
  readonly client: Client;
  readonly dns: DnsChallenge;
  readonly clock: Clock;
  /** Told what went wrong without harm to the certificate. */
  readonly warn: (text: string) => void;
}

/**
 * Proves each name by a TXT record, runs `work` while the records are there, and takes them away again, whatever comes.
 * One record at a time: two changes of one record set at once could undo each other.
 */
export const whileProved = async <T>(
  { client, dns, clock, warn }: Prover,
  authorizations: readonly Authorization[],
  work: () => Promise<T>,
): Promise<T> => {
  const presented: Proof[] = [];
  try {
    for (const authorization of authorizations.filter(({ status }) => status === 'pending')) {
      const proof = await proofOf(client, authorization);
      // Before it is made: a reply that gets lost must not leave the record behind.
      presented.push(proof);
      await dns.present(proof.name, proof.value);
    }
    for (const { name, value } of presented)
      await waitUntil(clock, visibleWithinMs, () => dns.visible(name, value), {
        message: `the nameservers do not answer with the new TXT record of ${name}`,
        next: 'check that the domain is delegated to the nameservers of its zone, then run the same command again',
      });
    for (const { authorization } of presented) await client.completeChallenge(dnsChallengeOf(authorization));
    return await work();
  } finally {
    // A record left behind is untidy, a certificate lost over it would be worse.
    for (const { name, value } of presented)
      await dns.remove(name, value).catch((error: unknown) => {
        warn(`the TXT record of ${name} stays behind: ${error instanceof Error ? error.message : String(error)}`);
      });
  }
};

const proofOf = async (client: Client, authorization: Authorization): Promise<Proof> => ({
  authorization,
  // For a wildcard the authority names the domain below it.
  name: `_acme-challenge.${authorization.identifier.value}`,
  value: await client.getChallengeKeyAuthorization(dnsChallengeOf(authorization)),
});

const dnsChallengeOf = ({ challenges, identifier }: Authorization) => {
  const challenge = challenges.find(({ type }) => type === 'dns-01');
  if (challenge !== undefined) return challenge;
  throw new Failure(`the certificate authority offers no proof by DNS for ${identifier.value}`, {
    next: 'choose another acme.directory, or tls: caddy',
  });
};
