import type { AcmeKeys } from './cluster-keys.ts';
import { acmeDefaults, type Environment } from './environment.ts';
import { certificateNames } from './hosts.ts';

/** A certificate that has to be ordered, and why. */
export interface DueCertificate {
  /** Its place in AcmeKeys.certificates. */
  readonly key: string;
  readonly names: readonly string[];
  /** `there is none yet`, `it ends on 2026-12-24, in 29 days`. */
  readonly because: string;
}

/** Let's Encrypt advises to renew 90-day certificates when 30 days are left (letsencrypt.org/docs/integration-guide). */
export const renewalDays = 30;
const dayMs = 86_400_000;

/**
 * The certificate is kept under its names and, with another directory than Let's Encrypt's, under that too: so when
 * names or directory change, another one is due.
 */
export const certificateKey = (environment: Environment): string => {
  const names = certificateNames(environment).join(' ');
  const directory = environment.acme?.directory ?? acmeDefaults.directory;
  return directory === acmeDefaults.directory ? names : `${names} of ${directory}`;
};

/**
 * What `tls: acme-dns` has to order now; nothing in other modes. For previews `acme` is what all previews share, since
 * they share one wildcard.
 */
export const certificatesDue = (
  acme: AcmeKeys | undefined,
  environment: Environment,
  now: number,
): readonly DueCertificate[] => {
  if (environment.tls !== 'acme-dns') return [];
  const key = certificateKey(environment);
  const names = certificateNames(environment);
  const present = acme?.certificates[key];
  if (present === undefined) return [{ key, names, because: 'there is none yet' }];
  const days = Math.floor((Date.parse(present.notAfter) - now) / dayMs);
  if (days >= renewalDays) return [];
  const day = present.notAfter.slice(0, 10);
  return [{ key, names, because: days < 0 ? `it ended on ${day}` : `it ends on ${day}, in ${days} days` }];
};
