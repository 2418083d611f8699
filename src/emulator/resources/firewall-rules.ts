import { isIPv4, isIPv6 } from 'node:net';
import type { FirewallRule, FirewallRuleRequest } from '../../hetzner/wire/firewalls.ts';
import { invalidInput } from '../errors.ts';

/*
 * docs.hetzner.cloud, firewalls, rules: IPs in CIDR notation with empty host bits, sources with `in`, destinations with
 * `out`, ports with tcp and udp only; IPv6 comes back in its canonical form (RFC 5952).
 */
const bitsOfV4 = (ip: string): bigint => ip.split('.').reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);

/** RFC 5952 spelling; the URL parser writes it. */
const canonicalV6 = (ip: string): string => new URL(`http://[${ip}]/`).hostname.slice(1, -1);

const bitsOfV6 = (ip: string): bigint => {
  const [head = '', tail] = canonicalV6(ip).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return all.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
};

/** The CIDR as the API gives it back; undefined when it is none or has host bits. */
export const canonicalCidr = (text: string): string | undefined => {
  const [ip = '', length = '', rest] = text.split('/');
  if (rest !== undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const width = isIPv4(ip) ? 32 : isIPv6(ip) && !ip.includes('%') ? 128 : 0;
  const prefix = Number(length);
  if (width === 0 || prefix > width) return undefined;
  const bits = width === 32 ? bitsOfV4(ip) : bitsOfV6(ip);
  if ((bits & ((1n << BigInt(width - prefix)) - 1n)) !== 0n) return undefined;
  return `${width === 32 ? ip : canonicalV6(ip)}/${prefix}`;
};

const portProblem = (rule: FirewallRuleRequest): string | undefined => {
  const port = rule.port ?? '';
  const hasPorts = rule.protocol === 'tcp' || rule.protocol === 'udp';
  if (!hasPorts) return port === '' ? undefined : `port is not allowed with protocol ${rule.protocol}`;
  if (port === '') return `port is required with protocol ${rule.protocol}`;
  const [from = 0, to = from] = port.split('-').map(Number);
  return from >= 1 && to <= 65_535 && from <= to ? undefined : `port '${port}' is invalid`;
};

const ipProblems = (rule: FirewallRuleRequest): string[] => {
  const sources = rule.source_ips ?? [];
  const destinations = rule.destination_ips ?? [];
  const [own, other, name, otherName] =
    rule.direction === 'in'
      ? [sources, destinations, 'source_ips', 'destination_ips']
      : [destinations, sources, 'destination_ips', 'source_ips'];
  return [
    ...(own.length === 0 ? [`${name} is required for direction ${rule.direction}`] : []),
    ...(other.length > 0 ? [`${otherName} is not allowed for direction ${rule.direction}`] : []),
    ...own
      .filter((ip) => canonicalCidr(ip) === undefined)
      .map((ip) => `${name}: '${ip}' is not a CIDR block with empty host bits`),
  ];
};

/** The rules as they are kept and answered; throws invalid_input naming `rules.<index>`. */
export const checkedRules = (rules: readonly FirewallRuleRequest[]): FirewallRule[] => {
  const problems: Record<string, string[]> = {};
  for (const [index, rule] of rules.entries()) {
    const port = portProblem(rule);
    const found = [...(port === undefined ? [] : [port]), ...ipProblems(rule)];
    if (found.length > 0) problems[`rules.${index}`] = found;
  }
  if (Object.keys(problems).length > 0) throw invalidInput(problems);
  return rules.map((rule) => ({
    direction: rule.direction,
    protocol: rule.protocol,
    port: rule.port === undefined || rule.port === '' ? null : rule.port,
    source_ips: (rule.source_ips ?? []).map((ip) => canonicalCidr(ip) ?? ip),
    destination_ips: (rule.destination_ips ?? []).map((ip) => canonicalCidr(ip) ?? ip),
    description: rule.description ?? null,
  }));
};
