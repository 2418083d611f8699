import { isKind, type Kind } from './kinds.ts';

/**
 * Our stable name of a thing, e.g. `server/production-2`, `job/web`, `rrset/aipacto.com/@/A`.
 * It appears in labels, state, plans, logs and tests; Hetzner's numeric ids never do its job.
 */
export type Address = `${Kind}/${string}`;

export const addressOf = (kind: Kind, name: string): Address => `${kind}/${name}`;

export const kindOf = (address: Address): Kind => address.slice(0, address.indexOf('/')) as Kind;

/** The part after the kind: `production-2` of `server/production-2`. */
export const localName = (address: Address): string => address.slice(address.indexOf('/') + 1);

export const isAddress = (text: string): text is Address => {
  const slash = text.indexOf('/');
  return slash > 0 && slash < text.length - 1 && isKind(text.slice(0, slash));
};
