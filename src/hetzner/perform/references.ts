import { Failure } from '../../domain/errors.ts';
import type { CloudChange } from '../../domain/plan.ts';
import { isReference, type MaybeReference, type Reference } from '../../domain/resource.ts';

/** The values behind References, in the types the API wants. `resolve` throws when the referred thing has none yet. */
export interface References {
  id(value: MaybeReference<number>): number;
  text(value: MaybeReference<string>): string;
}

export const referencesBy = (resolve: (reference: Reference) => string): References => ({
  id: (value) => (isReference(value) ? numericId(resolve(value), value.ref) : value),
  text: (value) => (isReference(value) ? resolve(value) : value),
});

/** Ids are text in plans and state; the API wants numbers. */
export const numericId = (text: string, of: string): number => {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new Failure(`"${text}" is no Hetzner id (needed for ${of})`);
};

export const impossible = (kind: string, change: CloudChange): Failure =>
  new Failure(`the plan wants ${change.op} on a ${kind}, which the Hetzner API does not offer`);
