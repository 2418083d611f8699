import { certificateKey, certificatesDue } from '../domain/certificates-due.ts';
import type { AcmeKeys } from '../domain/cluster-keys.ts';
import { acmeDefaults, type Environment } from '../domain/environment.ts';
import type { Clock } from '../ports/clock.ts';
import type { DnsChallenge } from '../ports/dns-challenge.ts';
import { issueCertificate, newAccountKey } from './issue.ts';

export interface Renewal {
  readonly environment: Environment;
  readonly dns: DnsChallenge;
  readonly clock: Clock;
  readonly warn: (text: string) => void;
  /** Called after every order: what it gets must be safe before the next begins, as orders are limited. */
  readonly save: (acme: AcmeKeys) => Promise<void>;
}

/** Orders what is due; returns `acme` itself when nothing is. What has ended meanwhile is dropped. */
export const renewCertificates = async (
  acme: AcmeKeys | undefined,
  { environment, dns, clock, warn, save }: Renewal,
): Promise<AcmeKeys | undefined> => {
  let current = acme;
  const config = environment.acme ?? acmeDefaults;
  for (const { key, names } of certificatesDue(acme, environment, clock.now())) {
    const accountKey = current?.accountKey ?? (await newAccountKey());
    const url = accountUrlAt(current, config.directory);
    const account = { key: accountKey, ...(url !== undefined && { url }) };
    const { accountUrl, ...certificate } = await issueCertificate(names, { acme: config, account, dns, clock, warn });
    const living = Object.entries(current?.certificates ?? {}).filter(
      ([, { notAfter }]) => Date.parse(notAfter) > clock.now(),
    );
    current = { accountKey, accountUrl, certificates: { ...Object.fromEntries(living), [key]: certificate } };
    await save(current);
  }
  return current;
};

/** An account of another authority is none here; the same key makes a new one. */
const accountUrlAt = (acme: AcmeKeys | undefined, directory: string): string | undefined => {
  const url = acme?.accountUrl;
  return url !== undefined && new URL(url).origin === new URL(directory).origin ? url : undefined;
};

/** What Caddy gets on every node; undefined while there is none. */
export const certificateOf = (
  acme: AcmeKeys | undefined,
  environment: Environment,
): AcmeKeys['certificates'][string] | undefined => acme?.certificates[certificateKey(environment)];
