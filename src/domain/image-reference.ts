import { UsageError } from './errors.ts';

/** A container image's name taken apart, as Docker does it (github.com/distribution/reference). */
export interface ImageReference {
  /** `docker.io`, `ghcr.io`, `registry.example.com:5000`. */
  readonly registry: string;
  /** `library/nginx`, `acme/shop-web`. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
  /** What stood before tag and digest, as it was written: `nginx`, `acme/shop-web`. */
  readonly name: string;
}

const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${part}(?:/${part})*$`);
const hostPattern =
  /^(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])(?:\.(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))*(?::\d{1,5})?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** github.com/distribution/reference: NameTotalLengthMax. */
const nameMax = 255;

/** Undefined: no image reference. Nothing that a shell, HCL or a terminal reads passes. */
export const parseImage = (text: string): ImageReference | undefined => {
  const [beforeDigest = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !digestPattern.test(digest))) return undefined;
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  if (name.length > nameMax || (tag !== undefined && !tagPattern.test(tag))) return undefined;
  const { host, path } = placeOf(name);
  if (!pathPattern.test(path) || (host !== undefined && !hostPattern.test(host))) return undefined;
  const registry = host === undefined || host === 'index.docker.io' ? 'docker.io' : host;
  return {
    registry,
    repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    name,
  };
};

/** Docker's own rule: a first part with a dot, a port, or `localhost` is a registry. */
const placeOf = (name: string): { readonly host?: string; readonly path: string } => {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? { host: first, path: name.slice(slash + 1) } : { path: name };
};

/** Throws UsageError; `where` says what was being read: `--image web`. */
export const imageFrom = (text: string, where: string, next: string): ImageReference => {
  const found = parseImage(text);
  if (found !== undefined) return found;
  throw new UsageError(`${where} wants an image like acme/shop-web:1.4.2 or …@sha256:…, found: ${shown(text)}`, {
    next,
  });
};

/** Hostile text, harmless and short. */
const shown = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

/** What a container engine is told to run: `name@sha256:…` where a digest is known, and no tag beside it. */
export const pinnedTo = ({ name }: ImageReference, digest: string): string => `${name}@${digest}`;

/** With the tag that the digest was asked for by: `acme/shop-web:1.4.2@sha256:…`; what has no digest stays. */
export const withTag = (image: string, version: unknown): string => {
  const { name, digest } = parseImage(image) ?? {};
  if (digest === undefined || typeof version !== 'string' || digest.startsWith(`sha256:${version}`)) return image;
  return tagPattern.test(version) ? `${name}:${version}@${digest}` : image;
};

/** The tag that is meant where none stands. */
export const tagOf = ({ tag }: ImageReference): string => tag ?? 'latest';

/** `acme/shop-web@1a2b3c4d5e6f` or `acme/shop-web:1.4.2`: for people. */
export const shortImage = (text: string): string => text.replace(/@sha256:([0-9a-f]{12})[0-9a-f]{52}$/, '@$1');
