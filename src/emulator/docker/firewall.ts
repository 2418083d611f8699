import { isIPv4 } from 'node:net';
import type { FirewallRule } from '../../hetzner/wire/firewalls.ts';

/*
 * Hetzner's firewalls stand before a server: only its public interface is filtered, and before anything inside (an
 * engine's DNAT, say) has a word. So the table hooks into prerouting between connection tracking (-200) and DNAT
 * (-100), and into postrouting before source NAT (100). nft -f puts it into effect as a whole.
 */
const opening = ['table inet emulated', 'delete table inet emulated', 'table inet emulated {'];

const everywhere = new Set(['0.0.0.0/0', '::/0']);
const peer = (cidr: string, side: 'saddr' | 'daddr'): string => {
  const family = isIPv4(cidr.split('/')[0] ?? '') ? 'ip' : 'ip6';
  if (everywhere.has(cidr)) return `meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'}`;
  return `${family} ${side} ${cidr}`;
};
const service = ({ protocol, port }: FirewallRule, isV4: boolean): string => {
  switch (protocol) {
    case 'tcp':
    case 'udp':
      return `${protocol} dport ${port}`;
    case 'icmp':
      return `meta l4proto ${isV4 ? 'icmp' : 'ipv6-icmp'}`;
    case 'esp':
    case 'gre':
      return `meta l4proto ${protocol}`;
  }
};
const linesOf = (rule: FirewallRule): string[] => {
  const [cidrs, side] =
    rule.direction === 'in' ? ([rule.source_ips, 'saddr'] as const) : ([rule.destination_ips, 'daddr'] as const);
  return cidrs.map((cidr) => `${peer(cidr, side)} ${service(rule, !cidr.includes(':'))} accept`);
};

/** What passes without a rule: answers, neighbours (ICMPv6), and the metadata service. */
const always = [
  'ct state established,related accept',
  'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept',
];
const chain = (name: string, lines: readonly string[]): string[] => [
  `  chain ${name} {`,
  ...lines.map((line) => `    ${line}`),
  '  }',
];

/**
 * The table of one server for nft, with `@public@` in place of its public interface; empty without a firewall. `rules`
 * are those of all its firewalls: what one of them lets pass passes. Outbound everything passes unless some rule is
 * outbound (docs.hetzner.com, firewalls).
 */
export const firewallText = (rules: readonly FirewallRule[] | undefined): string => {
  if (rules === undefined) return '';
  const inbound = rules.filter((rule) => rule.direction === 'in').flatMap(linesOf);
  const outbound = rules.filter((rule) => rule.direction === 'out').flatMap(linesOf);
  const lines = [
    ...opening,
    ...chain('inbound', [
      'type filter hook prerouting priority -110; policy accept;',
      'iifname != "@public@" accept',
      ...always,
      ...inbound,
      'drop',
    ]),
    ...(outbound.length === 0
      ? []
      : chain('outbound', [
          'type filter hook postrouting priority 90; policy accept;',
          'oifname != "@public@" accept',
          ...always,
          'ip daddr 169.254.169.254 accept',
          ...outbound,
          'drop',
        ])),
    '}',
  ];
  return `${lines.join('\n')}\n`;
};
