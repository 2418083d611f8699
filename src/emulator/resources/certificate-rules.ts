import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Certificate } from '../../hetzner/wire/certificates.ts';
import { isoOf, type Kit } from '../context.ts';
import { invalidInput } from '../errors.ts';

/** What an uploaded PEM says about itself. */
type Uploaded = Pick<
  Certificate,
  'certificate' | 'not_valid_before' | 'not_valid_after' | 'domain_names' | 'fingerprint'
>;
const chainMost = 5;

const parse = (pem: string): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalidInput({ certificate: ['not a valid PEM certificate'] });
  }
};
const keyMatches = (certificate: X509Certificate, pem: string): boolean => {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem));
  } catch {
    throw invalidInput({ private_key: ['not a valid PEM private key'] });
  }
};

/** Limits since 2026-02-11: key at most 5 kB (wire schema), chain of at most 5 certificates, 30 kB in all. */
export const uploadedOf = (pem: string | undefined, privateKey: string | undefined): Uploaded => {
  if (pem === undefined) throw invalidInput({ certificate: ['Missing data for required field.'] });
  if (privateKey === undefined) throw invalidInput({ private_key: ['Missing data for required field.'] });
  if ((pem.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length > chainMost + 1)
    throw invalidInput({ certificate: [`a chain may have at most ${chainMost} certificates`] });
  const certificate = parse(pem);
  if (!keyMatches(certificate, privateKey))
    throw invalidInput({ private_key: ['private key does not match the certificate'] });
  const names = (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('DNS:'));
  return {
    certificate: pem,
    not_valid_before: isoOf(Date.parse(certificate.validFrom)),
    not_valid_after: isoOf(Date.parse(certificate.validTo)),
    domain_names: names.map((name) => name.slice('DNS:'.length)),
    fingerprint: certificate.fingerprint256,
  };
};

const domain = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
export const checkedDomains = (names: readonly string[] | null | undefined): string[] => {
  if (names === undefined || names === null || names.length === 0)
    throw invalidInput({ domain_names: ['Missing data for required field.'] });
  const wrong = names.filter((name) => !domain.test(name));
  if (wrong.length > 0) throw invalidInput({ domain_names: wrong.map((name) => `'${name}' is not a domain name`) });
  return [...names];
};

export interface IssuanceError {
  readonly code: string;
  readonly message: string;
}
/**
 * Why Let's Encrypt would not issue: every name must lie in a primary zone of this project, because the challenge is
 * answered in Hetzner DNS (docs.hetzner.cloud, certificates, retry). Delegation is taken for granted.
 */
export const issuanceProblem = ({ world }: Kit, names: readonly string[]): IssuanceError | null => {
  const zones = world.zones.all();
  for (const name of names) {
    const bare = name.replace(/^\*\./, '');
    const zone = zones.find((one) => bare === one.name || bare.endsWith(`.${one.name}`));
    if (zone === undefined) return { code: 'dns_zone_not_found', message: 'DNS zone not found' };
    if (zone.mode === 'secondary')
      return { code: 'dns_zone_is_secondary_zone', message: 'DNS zone is a secondary zone' };
    const caa = world.rrsets.get(`${zone.id}/@/CAA`)?.records.filter(({ value }) => /\bissue\b/.test(value)) ?? [];
    if (caa.length > 0 && !caa.some(({ value }) => value.includes('letsencrypt.org')))
      return { code: 'caa_record_does_not_allow_ca', message: 'CAA record does not allow certificate authority' };
  }
  return null;
};

/** Load balancers whose services name it; a used certificate can't be deleted. */
export const usedBy = ({ world }: Kit, id: number): Certificate['used_by'] =>
  world.loadBalancers
    .all()
    .filter((balancer) => balancer.services.some((service) => service.http?.certificates?.includes(id)))
    .map((balancer) => ({ id: balancer.id, type: 'load_balancer' }));
