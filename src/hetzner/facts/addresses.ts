import { canonicalCidr as canonical, firstOf, formatIpv6, parseCidr, parseIpv6 } from '../../domain/ip.ts';

/** Canonical text of an address or a CIDR: the API and infra.yaml may spell one in several ways. What is neither stays as it came. */
export const canonicalAddress = (text: string): string => {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return canonical(cidr);
  const ipv6 = text.includes(':') ? parseIpv6(text) : undefined;
  return ipv6 === undefined ? text : formatIpv6(ipv6);
};

/** A server owns a /64 and answers on its first address, `::1`, as Hetzner's images set it up. */
export const firstAddressOf = (network: string): string => {
  const cidr = parseCidr(network);
  return cidr === undefined ? canonicalAddress(network) : formatIpv6(firstOf(cidr) + 1n);
};
