import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { firewallText } from '../../../src/emulator/docker/firewall.ts';
import type { FirewallRule } from '../../../src/hetzner/wire/firewalls.ts';

const rule = (more: Partial<FirewallRule>): FirewallRule => ({
  direction: 'in',
  protocol: 'tcp',
  port: null,
  source_ips: [],
  destination_ips: [],
  ...more,
});
const every: FirewallRule[] = [
  rule({ port: '22', source_ips: ['203.0.113.0/24', '2001:db8::/32'] }),
  rule({ protocol: 'udp', port: '60000-61000', source_ips: ['0.0.0.0/0', '::/0'] }),
  rule({ protocol: 'icmp', source_ips: ['0.0.0.0/0', '::/0'] }),
  rule({ protocol: 'esp', source_ips: ['198.51.100.7/32'] }),
  rule({ protocol: 'gre', source_ips: ['198.51.100.7/32'] }),
  rule({ direction: 'out', port: '443', destination_ips: ['0.0.0.0/0'] }),
];

test('every kind of rule becomes a line of nftables; what none lets pass is dropped', () => {
  expect(firewallText(every)).toBe(`table inet emulated
delete table inet emulated
table inet emulated {
  chain inbound {
    type filter hook prerouting priority -110; policy accept;
    iifname != "@public@" accept
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    ip saddr 203.0.113.0/24 tcp dport 22 accept
    ip6 saddr 2001:db8::/32 tcp dport 22 accept
    meta nfproto ipv4 udp dport 60000-61000 accept
    meta nfproto ipv6 udp dport 60000-61000 accept
    meta nfproto ipv4 meta l4proto icmp accept
    meta nfproto ipv6 meta l4proto ipv6-icmp accept
    ip saddr 198.51.100.7/32 meta l4proto esp accept
    ip saddr 198.51.100.7/32 meta l4proto gre accept
    drop
  }
  chain outbound {
    type filter hook postrouting priority 90; policy accept;
    oifname != "@public@" accept
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    ip daddr 169.254.169.254 accept
    meta nfproto ipv4 tcp dport 443 accept
    drop
  }
}
`);
});

test('without a firewall there is no table; one without rules lets nothing in and everything out', () => {
  expect(firewallText(undefined)).toBe('');
  const text = firewallText([]);
  expect(text).toContain('    drop\n');
  expect(text).not.toContain('chain outbound');
});

test('the rules of several firewalls add up: an outbound rule of one closes the rest for all', () => {
  const text = firewallText([...every.slice(0, 1), ...every.slice(-1)]);
  expect(text.match(/ accept$/gm)).toHaveLength(10);
  expect(text.match(/^ {4}drop$/gm)).toHaveLength(2);
});

const hasNft = spawnSync('nft', ['--version']).status === 0 && process.getuid?.() === 0;
test.skipIf(!hasNft)(`nft itself understands the table${hasNft ? '' : ' (skipped: no nft, or not root)'}`, () => {
  const input = firewallText(every).replaceAll('@public@', 'eth0');
  const { stderr } = spawnSync('nft', ['-c', '-f', '-'], { input, encoding: 'utf8' });
  expect(stderr).toBe('');
});
