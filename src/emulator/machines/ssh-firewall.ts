import type { FirewallRule } from '../../hetzner/wire/firewalls.ts';
import { holds, ipv4Of, rangeOf } from '../addresses.ts';
import { serversBehind } from '../resources/firewall-targets.ts';
import type { World } from '../world.ts';

/** Where requests through the gateway come from, as firewalls of simulated machines see it: of a range
 * that servers get addresses of only after 500 others. */
export const emulatedCaller = '192.0.2.254';

const isSsh = ({ direction, protocol, port }: FirewallRule): boolean => {
  if (direction !== 'in' || protocol !== 'tcp' || port === null) return false;
  const [first = 0, last = first] = port.split('-').map(Number);
  return first <= 22 && 22 <= last;
};

const comesFrom = (cidr: string, caller: string): boolean => {
  const [range, address] = [rangeOf(cidr), ipv4Of(caller)];
  return range !== undefined && address !== undefined && holds(range, address);
};

/**
 * Whether the firewalls of a server let the caller in at port 22: what one of them lets pass passes, and a server
 * without any is open (docs.hetzner.com, firewalls).
 */
export const letsSshIn = (world: World, serverName: string, caller = emulatedCaller): boolean => {
  const server = world.servers.all().find(({ name }) => name === serverName);
  if (server === undefined) return true;
  const before = world.firewalls.all().filter((firewall) => serversBehind(world, firewall).has(server.id));
  if (before.length === 0) return true;
  return before.some(({ rules }) =>
    rules.some((rule) => isSsh(rule) && rule.source_ips.some((cidr) => comesFrom(cidr, caller))),
  );
};
