import { isIPv6 } from 'node:net';
import type { DnsPtr } from '../hetzner/wire/common.ts';
import { defaultPtr } from './addresses.ts';
import { ApiError, invalidInput } from './errors.ts';

/** The first 64 bits of an IPv6 address, written out. */
const prefixOf = (ip: string): string => {
  const [head = '', tail = ''] = ip.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const middle = ip.includes('::') ? Array.from({ length: 8 - front.length - back.length }, () => '0') : [];
  return [...front, ...middle, ...back]
    .slice(0, 4)
    .map((part) => part.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
};
const hostname = /^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]+\.?$/;

/**
 * Which address `ip` belongs to; throws not_found when it is none of them, invalid_input when it or the pointer is no
 * such thing. The result writes: null restores the default (IPv4) or drops the entry (IPv6).
 */
export const setDnsPtr = (
  addresses: readonly { readonly ip: string; readonly type: 'ipv4' | 'ipv6'; dns_ptr: DnsPtr[] }[],
  ip: string,
  pointer: string | null,
): (() => void) => {
  if (pointer !== null && !hostname.test(pointer)) throw invalidInput({ dns_ptr: ['not a valid hostname'] });
  const address = addresses.find((one) =>
    one.type === 'ipv4' ? one.ip === ip : isIPv6(ip) && prefixOf(one.ip.replace(/\/64$/, '')) === prefixOf(ip),
  );
  if (address === undefined) throw new ApiError('not_found', `IP '${ip}' not found`);
  return () => {
    const others = address.dns_ptr.filter((one) => one.ip !== ip);
    const value = pointer ?? (address.type === 'ipv4' ? defaultPtr(ip) : null);
    address.dns_ptr = value === null ? others : [...others, { ip, dns_ptr: value }];
  };
};
