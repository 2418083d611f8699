import { invalidInput } from '../errors.ts';

/**
 * Public suffixes of two labels that people register names under (publicsuffix.org); every last label counts as a
 * suffix of its own. Enough to tell `example.co.uk` from the subdomain `www.example.com`.
 */
const longSuffixes = new Set(['co.uk', 'org.uk', 'com.au', 'net.au', 'co.nz', 'co.jp', 'com.br', 'co.za', 'com.tr']);
const label = /^[a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower case, no final dot, a registrable domain; docs.hetzner.cloud, zones: `Subdomains are not supported`. */
export const checkedZoneName = (name: string): string => {
  const labels = name.split('.');
  if (name !== name.toLowerCase()) throw invalidInput({ name: ['name must be in lower case'] });
  if (name.endsWith('.')) throw invalidInput({ name: ['name must not end with a dot'] });
  if (labels.length < 2 || !labels.every((part) => label.test(part)))
    throw invalidInput({ name: [`'${name}' is not a valid domain name`] });
  const suffix = longSuffixes.has(labels.slice(-2).join('.')) ? 2 : 1;
  if (labels.length !== suffix + 1) throw invalidInput({ name: ['subdomains are not supported'] });
  return name;
};
