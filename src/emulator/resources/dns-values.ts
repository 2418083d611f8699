import { isIPv4, isIPv6 } from 'node:net';
import type { DnsRecord, RecordType } from '../../hetzner/wire/zones.ts';
import { invalidInput } from '../errors.ts';

/*
 * docs.hetzner.cloud, zone RRSets. Names are relative, lower case, without the zone; `@` is its apex. Values as in a
 * zone file; TXT in quotes (docs.hetzner.com, DNS record types). Only what clients get wrong is checked.
 */
const label = /^(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)$/;
export const isRrsetName = (name: string): boolean =>
  name === '@' ||
  (name.length <= 253 && name.split('.').every((part, index) => label.test(part) && (part !== '*' || index === 0)));

/** Throws invalid_input naming `name`: upper case, a final dot, the zone's own name appended. */
export const checkRrsetName = (name: string, zone: string): void => {
  if (!isRrsetName(name)) throw invalidInput({ name: [`'${name}' is not a valid relative name`] });
  if (name === zone || name.endsWith(`.${zone}`))
    throw invalidInput({ name: [`'${name}' must not end with the zone name`] });
};

const host = /^(@|\*|([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.?)$/i;
const words = (value: string): string[] => value.trim().split(/\s+/);
const isPort = (text: string | undefined): boolean => /^\d{1,5}$/.test(text ?? '') && Number(text) <= 65_535;

const tests: Partial<Record<RecordType, (value: string) => boolean>> = {
  A: (value) => isIPv4(value),
  AAAA: (value) => isIPv6(value) && !value.includes('%'),
  CNAME: (value) => host.test(value),
  NS: (value) => host.test(value),
  PTR: (value) => host.test(value),
  MX: (value) => words(value).length === 2 && isPort(words(value)[0]) && host.test(words(value)[1] ?? ''),
  TXT: (value) => /^("([^"\\]|\\.)*"\s*)+$/.test(value),
  CAA: (value) => /^\d{1,3}\s+(issue|issuewild|iodef|issuemail|contactemail)\s+"[^"]*"$/i.test(value),
  SRV: (value) => words(value).length === 4 && words(value).slice(0, 3).every(isPort),
};

/** Throws invalid_input naming `records`: a value that doesn't fit the type, a value twice, several CNAMEs. */
export const checkRecords = (type: RecordType, records: readonly DnsRecord[]): void => {
  const problems = records
    .filter(({ value }) => tests[type]?.(value) === false)
    .map(({ value }) => `invalid ${type} record value '${value}'`);
  const values = new Set(records.map(({ value }) => value));
  if (values.size < records.length) problems.push('records must have distinct values');
  if (type === 'CNAME' && records.length > 1) problems.push('a CNAME RRSet holds one record');
  if (problems.length > 0) throw invalidInput({ records: problems });
};
