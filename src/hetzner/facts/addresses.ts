/** Canonical text of an address or a CIDR (RFC 5952 for IPv6): the API and infra.yaml may spell one address in several ways. */
export const canonicalCidr = (text: string): string => {
  const [address = text, prefix] = text.split('/');
  const canonical = address.includes(':') ? canonicalIpv6(address) : address;
  return prefix === undefined ? canonical : `${canonical}/${Number(prefix)}`;
};

/** The URL parser writes IPv6 hosts canonically; what it refuses is no address and stays as it came. */
const canonicalIpv6 = (address: string): string =>
  URL.canParse(`http://[${address}]/`) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;

/** A server owns a /64 and answers on its first address, `::1`, as Hetzner's images set it up. */
export const firstAddressOf = (network: string): string => {
  const [address = network, prefix] = network.split('/');
  return prefix === undefined ? canonicalIpv6(address) : canonicalIpv6(address.replace(/::$/, '::1'));
};
