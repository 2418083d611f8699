import type { FirewallRule } from './environment.ts';

/** Ranges that rules let in at port 22 from outside; Hetzner drops what no rule lets pass. */
export const loginRanges = (rules: readonly FirewallRule[]): readonly string[] => [
  ...new Set(rules.filter(isLogin).flatMap(({ ips }) => ips)),
];

/** IPv4 is what servers are reached by. */
export const isOpenToAll = (rules: readonly FirewallRule[]): boolean => loginRanges(rules).includes('0.0.0.0/0');

const isLogin = ({ direction, protocol, port }: FirewallRule): boolean => {
  if (direction !== 'in' || protocol !== 'tcp' || port === undefined) return false;
  const [first = 0, last = first] = port.split('-').map(Number);
  return first <= 22 && 22 <= last;
};
