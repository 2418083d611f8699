import type { Address } from './address.ts';
import { isAddress } from './address.ts';

/** Hetzner label maps: PUT replaces the whole map, values are at most 63 characters of `A-Za-z0-9-_.` [reference C, "Labels"]. */
export type Labels = Readonly<Record<string, string>>;

export const labelNames = {
  project: 'project',
  environment: 'environment',
  environmentType: 'environment-type',
  address: 'address',
  run: 'run',
  /** Servers only: short hash of image and user data, because Hetzner never gives user data back. */
  userData: 'user-data',
} as const;

/** Labels are compared without `run`: it says which run created the object and stays as it was. */
export const comparableLabels = (labels: Labels): Labels => {
  const { [labelNames.run]: _run, ...rest } = labels;
  return rest;
};

/**
 * `/` is not allowed in a label value, so it is written `.`; `@` (a zone's apex) is written `at` and `*` `any`.
 * Addresses of rrsets hold dots themselves: they are read back by comparing with known addresses (ownership.ts).
 */
export const addressToLabel = (address: Address): string =>
  address.replaceAll('/', '.').replaceAll('@', 'at').replaceAll('*', 'any');

/** The address a label names, if it is one of a kind whose names hold neither `/` nor `@` (all but rrset). */
export const labelToAddress = (value: string): Address | undefined => {
  const text = value.replace('.', '/');
  return isAddress(text) ? text : undefined;
};
