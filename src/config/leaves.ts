import { z } from 'zod';
import { canonicalCidr, containsCidr, parseCidr } from '../domain/ip.ts';
import { images, knownServerTypes, loadBalancerTypes, locations, serverTypes } from './catalogue.ts';
import { suggest } from './suggest.ts';

/** What is wrong with one value; `found` is added by the caller, who knows the file. */
export interface Fault {
  readonly message: string;
  readonly allowed?: string;
  readonly suggestion?: string | undefined;
}
export type Check = (text: string) => Fault | undefined;

/** A text with a rule of its own. Rules of single values are told even when other parts of the file are wrong. */
export const leaf = (check: Check) =>
  z.string().superRefine((text, context) => {
    const fault = check(text);
    if (fault === undefined) return;
    const { message, allowed, suggestion } = fault;
    context.addIssue({ code: 'custom', message, params: { allowed, suggestion } });
  });

const oneOf =
  (what: string, known: readonly string[], shown: readonly string[] = known): Check =>
  (text) =>
    known.includes(text)
      ? undefined
      : { message: `there is no ${what} of this name`, allowed: shown.join(', '), suggestion: suggest(text, known) };

export const serverType = oneOf('Hetzner server type', knownServerTypes, serverTypes);
export const location = oneOf('Hetzner location', Object.keys(locations));
export const loadBalancerType = oneOf('Hetzner load balancer type', loadBalancerTypes);
export const image = oneOf('image that the cloud-init template supports', images);

const matching =
  (pattern: RegExp, message: string, allowed: string, max = 63): Check =>
  (text) => {
    if (text.length > max) return { message: `too long: ${text.length} characters`, allowed: `at most ${max}` };
    return pattern.test(text) ? undefined : { message, allowed };
  };

const hostLabel = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
export const name = matching(
  hostLabel,
  'this becomes part of host names and labels',
  'lower-case letters, digits and hyphens, a letter or digit at both ends',
);
/** docs.hetzner.cloud, labels: values are empty or 1-63 of A-Za-z0-9-_. with letters or digits at both ends. */
export const labelValue = matching(
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?$/,
  'no label value for Hetzner',
  'letters, digits, hyphens, dots, underscores, a letter or digit at both ends',
);
export const labelKey: Check = (text) => {
  const [prefix, rest] = text.includes('/')
    ? [text.slice(0, text.indexOf('/')), text.slice(text.indexOf('/') + 1)]
    : ['', text];
  if (prefix.startsWith('hetzner.cloud')) return { message: 'the prefix hetzner.cloud/ is reserved by Hetzner' };
  if (['project', 'environment', 'environment-type', 'address', 'run', 'user-data'].includes(text))
    return { message: 'this label is set by the provisioner itself' };
  if (rest === '' || (text.includes('/') && domain(prefix) !== undefined))
    return { message: 'no label key for Hetzner', allowed: 'name, or prefix.example.com/name' };
  return labelValue(rest);
};

export const domain: Check = (text) => {
  const labels = text.split('.');
  if (text.endsWith('.'))
    return { message: 'a domain is written without a trailing dot', suggestion: text.slice(0, -1) };
  if (text !== text.toLowerCase())
    return { message: 'a domain is written in lower case', suggestion: text.toLowerCase() };
  if (text.length > 253 || labels.length < 2 || !labels.every((part) => part.length <= 63 && hostLabel.test(part)))
    return { message: 'no valid domain', allowed: 'a name like example.com' };
  return /^\d+$/.test(labels.at(-1) ?? '') ? { message: 'an IP address is no domain' } : undefined;
};
/** `pr-{number}.pr.example.com` */
export const domainTemplate: Check = (text) => {
  if (text.split('{number}').length !== 2)
    return { message: 'each pull request needs a domain of its own', allowed: 'a domain with {number} in it, once' };
  return domain(text.replace('{number}', '9999999'));
};

const rfc1918 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(parseCidr);
/** docs.hetzner.cloud, networks: inside RFC 1918, at least /24. */
export const privateRange =
  (smallest: number): Check =>
  (text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined || cidr.family !== 4)
      return { message: 'no IPv4 range', allowed: 'a range like 10.0.0.0/16' };
    if (canonicalCidr(cidr) !== text)
      return { message: 'the range has host bits set', suggestion: canonicalCidr(cidr) };
    if (!rfc1918.some((outer) => outer !== undefined && containsCidr(outer, cidr)))
      return { message: 'not a private range (RFC 1918)', allowed: '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16' };
    if (cidr.prefix > smallest) return { message: `the range is too small`, allowed: `/${smallest} or larger` };
    return undefined;
  };

/** docs.hetzner.cloud, firewalls: host bits must be zero; IPv6 comes back in its canonical spelling. */
export const cidr: Check = (text) => {
  const parsed = parseCidr(text);
  if (parsed === undefined) {
    const asHost = parseCidr(`${text}/${text.includes(':') ? 128 : 32}`);
    return {
      message: 'no CIDR range',
      allowed: 'a range like 203.0.113.0/24 or 2001:db8::/32',
      suggestion: asHost === undefined ? undefined : canonicalCidr(asHost),
    };
  }
  const canonical = canonicalCidr(parsed);
  if (canonical === text) return undefined;
  return { message: 'host bits must be zero and IPv6 in its short lower-case spelling', suggestion: canonical };
};

export const port: Check = (text) => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match === null || from < 1 || to > 65_535 || from > to)
    return { message: 'no port', allowed: '"80" or a range "1024-5000", 1 to 65535' };
  return undefined;
};

/** ROUTE of templates/ingress-routes.py.hbs takes the same, once `{domain}` stands for something. */
export const route = matching(
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|(?:[a-z0-9][a-z0-9.-]*\.)?\{domain\})?\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/,
  'no path prefix',
  '/ or /api, without a slash at the end; on one host api.{domain}/',
  200,
);
export const email = matching(
  /^[^\s@"'`{}<>]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])$/,
  'no mail address',
  'ops@example.com',
  254,
);
export const pemCertificate = matching(
  /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n?$/,
  'no certificate',
  'one PEM certificate, as a block: ca: |',
  10_000,
);
/** RFC 8555 §6.1: ACME is spoken over HTTPS only. */
export const httpsAddress: Check = (text) =>
  URL.canParse(text) && new URL(text).protocol === 'https:' && !/[\s'"`{}<>$\\]/.test(text)
    ? undefined
    : { message: 'no https address', allowed: 'https://acme.example.com/directory' };
/** https anywhere; http only where nobody else listens: credentials sign each request, but secrets travel in it. */
export const storeAddress: Check = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault = { message: 'no address of an object store', allowed: 'https://fsn1.your-objectstorage.com' };
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return fault;
  if (url.username !== '' || url.search !== '' || url.hash !== '' || /[\s'"`{}<>$\\]/.test(text)) return fault;
  return undefined;
};
/** docs.aws.amazon.com, bucket naming rules; dots are left out, for they break TLS host names. */
export const bucket = matching(
  /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  'no name of a bucket',
  '3 to 63 lower-case letters, digits and hyphens, a letter or digit at both ends',
);
export const objectPrefix = matching(
  /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
  'no prefix of object keys',
  'words with slashes between them, like reconcile/aipacto',
  200,
);
/** infra.yaml is committed, so the identity itself has no place in it. */
export const identityFile: Check = (text) => {
  if (text !== '' && !/AGE-SECRET-KEY-/i.test(text)) return undefined;
  return {
    message: 'no path of an identity file',
    allowed: 'a path; the identity itself goes into RECONCILE_AGE_IDENTITY',
  };
};
/** github.com/C2SP/C2SP, age: recipients are Bech32; X25519 ones start with `age1`, post-quantum ones with `age1pq1`. */
export const ageRecipient = matching(
  /^age1(?:pq1)?[02-9ac-hj-np-z]{50,}$/,
  'no age recipient',
  'a line like age1…, as printed by: reconcile state keygen',
  4_000,
);
export const urlPath = matching(/^\/[A-Za-z0-9._~/-]*$/, 'no path', 'a path like /health', 200);
/** Local worlds live in 198.18.0.0/15 (RFC 2544), private networks in those of RFC 1918. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'].map(parseCidr);
/**
 * Each download is checked against a checksum, so http loses no integrity; but who runs which version is nobody's
 * business outside.
 */
export const mirror: Check = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = 'https://mirror.example.com/path, without a slash at the end';
  if (
    url === undefined ||
    !['https:', 'http:'].includes(url.protocol) ||
    text.endsWith('/') ||
    /[\s'"`$\\?#]/.test(text)
  )
    return { message: 'no base address', allowed };
  if (url.username !== '' || url.password !== '')
    return { message: 'a password here would be readable by whatever runs on the servers', allowed };
  const host = parseCidr(`${url.hostname}/32`);
  const inside = privateRanges.some((range) => range && host && containsCidr(range, host));
  if (url.protocol === 'http:' && !inside)
    return { message: 'http is for private addresses only', allowed, suggestion: text.replace(/^http:/, 'https:') };
  return undefined;
};
/** Registry references as docker takes them; quotes and blanks would end up in HCL. */
export const containerImage = matching(
  /^[a-z0-9][a-z0-9._:/-]*[a-z0-9](?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  'no image reference',
  'repository/name:tag or repository/name@sha256:…',
  400,
);
export const repositoryPath: Check = (text) =>
  text.startsWith('/') || text.split('/').includes('..') || !text.endsWith('.hcl')
    ? {
        message: 'no job file',
        allowed: 'a path below the configuration file that ends in .hcl, e.g. jobs/web.nomad.hcl',
      }
    : undefined;
/** Of an environment variable; Nomad has its own under NOMAD_. */
export const secretName: Check = (text) =>
  matching(
    /^[A-Z_][A-Z0-9_]*$/,
    'no name of a secret',
    'capital letters, digits and underscores, like DATABASE_URL',
  )(text) ?? (text.startsWith('NOMAD_') ? { message: "names beginning with NOMAD_ are Nomad's own" } : undefined);
/** The usual mistake is the key itself, which Hetzner has under a name. */
export const sshKeyName: Check = (text) =>
  /^(ssh-|ecdsa-|sk-)\S+\s/.test(text) || text.includes('PRIVATE KEY')
    ? {
        message: 'a key, where the name of one belongs',
        allowed: 'the name under which the Hetzner project has the key (hcloud ssh-key create gives one)',
      }
    : text.length < 1 || text.length > 100
      ? { message: 'no name of an SSH key', allowed: '1 to 100 characters' }
      : undefined;
/** Hours or days: shorter would race with the runs themselves. */
export const duration = matching(/^[1-9]\d{0,3}[hd]$/, 'no duration', 'hours or days, like 8h or 3d', 5);
/** A registry and what stands before the names of images; quotes and blanks would end up in HCL. */
export const imageRegistry = matching(
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/,
  'no registry',
  'docker.io/acme or ghcr.io/acme/shop, without a slash at the end',
  200,
);
/** github.com: owner and name of a repository. */
export const codeRepository = matching(
  /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/,
  'no repository',
  'owner/name',
  140,
);
export const version = matching(/^\d+\.\d+\.\d+$/, 'no version', 'a version like 1.2.3');
/** A client secret goes there, so nobody on the way may read along; an emulated API answers on this machine. */
export const apiOrigin: Check = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = 'https://host, without a path';
  if (url === undefined || url.origin !== text || !['https:', 'http:'].includes(url.protocol))
    return { message: 'no address of an API', allowed };
  if (url.protocol === 'http:' && !['127.0.0.1', 'localhost'].includes(url.hostname))
    return { message: 'http is for this machine only', allowed, suggestion: text.replace(/^http:/, 'https:') };
  return undefined;
};
export const tailscaleTag = matching(/^tag:[a-z][a-z0-9-]*$/, 'no Tailscale tag', 'a tag like tag:server');
