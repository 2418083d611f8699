/** Arithmetic on IP addresses and CIDR blocks, enough for private networks and firewall rules. */
export interface Cidr {
  readonly family: 4 | 6;
  /** The address as written, host bits included. */
  readonly address: bigint;
  readonly prefix: number;
}

const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** Dotted quad to number; undefined for anything else, leading zeros included. */
export const parseIpv4 = (text: string): bigint | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
};

export const parseIpv6 = (text: string): bigint | undefined => {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded !== null) {
    const v4 = parseIpv4(embedded[2] ?? '');
    if (v4 === undefined) return undefined;
    return parseIpv6(`${embedded[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => sum * 0x10000n + BigInt(`0x${group}`), 0n);
};

export const formatIpv4 = (address: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join('.');

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups shortened. */
export const formatIpv6 = (address: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  let start = -1;
  let length = 1;
  for (let from = 0; from < 8; from += 1) {
    let run = 0;
    while (groups[from + run] === '0') run += 1;
    if (run > length) [start, length] = [from, run];
  }
  if (start < 0) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
};

export const parseCidr = (text: string): Cidr | undefined => {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return undefined;
  const family = (match[1] ?? '').includes(':') ? 6 : 4;
  const address = family === 6 ? parseIpv6(match[1] ?? '') : parseIpv4(match[1] ?? '');
  const prefix = Number(match[2]);
  if (address === undefined || prefix > bitsOf(family)) return undefined;
  return { family, address, prefix };
};

const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(bitsOf(family) - prefix);
export const firstOf = (cidr: Cidr): bigint => cidr.address - (cidr.address % sizeOf(cidr));
export const lastOf = (cidr: Cidr): bigint => firstOf(cidr) + sizeOf(cidr) - 1n;

/** Host bits zero and canonical spelling: what Hetzner would give back. */
export const canonicalCidr = (cidr: Cidr): string =>
  `${cidr.family === 4 ? formatIpv4(firstOf(cidr)) : formatIpv6(firstOf(cidr))}/${cidr.prefix}`;

export const containsCidr = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family && firstOf(outer) <= firstOf(inner) && lastOf(inner) <= lastOf(outer);

export const overlapCidr = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && firstOf(a) <= lastOf(b) && firstOf(b) <= lastOf(a);

/** The n-th address of an IPv4 block, e.g. 11 of 10.0.1.0/24 = 10.0.1.11. Throws RangeError outside of it. */
export const hostAt = (range: string, n: number): string => {
  const cidr = parseCidr(range);
  if (cidr === undefined || cidr.family !== 4) throw new RangeError(`${range} is no IPv4 range`);
  const address = firstOf(cidr) + BigInt(n);
  if (n < 0 || address > lastOf(cidr)) throw new RangeError(`${range} has no address number ${n}`);
  return formatIpv4(address);
};
