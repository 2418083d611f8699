import { randomness } from './random.ts';
import type { World } from './world.ts';

/** IPv4 as a number. Undefined: not an address. */
export const ipv4Of = (text: string): number | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
};
export const ipv4Text = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** First address, prefix length, and the first address after it. */
export interface Range {
  readonly first: number;
  readonly prefix: number;
  readonly end: number;
}
/** Host bits are dropped, as Hetzner does: `10.0.2.0/16` is `10.0.0.0/16`. */
export const rangeOf = (text: string): Range | undefined => {
  const [address = '', bits = '', ...rest] = text.split('/');
  const value = ipv4Of(address);
  const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : -1;
  if (value === undefined || prefix < 0 || prefix > 32 || rest.length > 0) return undefined;
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size;
  return { first, prefix, end: first + size };
};
export const rangeText = (range: Range): string => `${ipv4Text(range.first)}/${range.prefix}`;
export const contains = (outer: Range, inner: Range): boolean => outer.first <= inner.first && inner.end <= outer.end;
export const overlaps = (a: Range, b: Range): boolean => a.first < b.end && b.first < a.end;
export const holds = (range: Range, address: number): boolean => range.first <= address && address < range.end;

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(rangeOf).filter((one) => one !== undefined);
export const isPrivate = (range: Range): boolean => privateRanges.some((one) => contains(one, range));

/**
 * Public addresses come from the ranges that are reserved for documentation and benchmarks (RFC 5737, RFC 2544,
 * RFC 3849): whatever a client does with one, nobody real is addressed. None is given out twice.
 */
const publicRanges = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24', '198.18.0.0/15']
  .map(rangeOf)
  .filter((one) => one !== undefined);
export const allotPublicIpv4 = (world: World): string => {
  const { docker } = world.state;
  if (docker !== undefined) return allotOf(world, docker.range);
  let index = world.state.allotted.ipv4++;
  for (const range of publicRanges) {
    const usable = range.end - range.first - 2;
    if (index < usable) return ipv4Text(range.first + 1 + index);
    index -= usable;
  }
  throw new Error('the emulated cloud has given out all of its 131,000 public IPv4 addresses');
};
/**
 * Containers live in one /24, so addresses come back after all others were given out: .1 to .252, the rest is the
 * engine's and the services'.
 */
const containerAddresses = 252;
const allotOf = (world: World, text: string): string => {
  const first = rangeOf(text)?.first ?? 0;
  const taken = new Set<string | null>([
    ...world.primaryIps.all().map(({ ip }) => ip),
    ...world.floatingIps.all().map(({ ip }) => ip),
    ...world.loadBalancers.all().map(({ public_net }) => public_net.ipv4.ip),
  ]);
  for (let tried = 0; tried < containerAddresses; tried += 1) {
    const ip = ipv4Text(first + 1 + (world.state.allotted.ipv4++ % containerAddresses));
    if (!taken.has(ip)) return ip;
  }
  throw new Error(`all ${containerAddresses} public addresses of this world are in use`);
};

/** A /64, `2001:db8:0:1::/64`. */
export const allotPublicIpv6 = (world: World): string => {
  const index = ++world.state.allotted.ipv6;
  return `2001:db8:${(index >>> 16).toString(16)}:${(index & 0xffff).toString(16)}::/64`;
};

/** `static.10.113.0.203.clients.your-server.de` of 203.0.113.10. */
export const defaultPtr = (ipv4: string): string =>
  `static.${ipv4.split('.').reverse().join('.')}.clients.your-server.de`;

/** Private interfaces start with 86:00, public ones with 96:00. */
export const macOf = (kind: 'private' | 'public', seed: number): string => {
  const hex = randomness({ random: seed }).hex(4);
  return [kind === 'private' ? '86' : '96', '00', ...(hex.match(/../g) ?? [])].join(':');
};
