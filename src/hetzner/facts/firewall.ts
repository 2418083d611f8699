import type { FirewallRule as Rule } from '../../domain/environment.ts';
import type { ObservedItem } from '../../domain/observation.ts';
import type { Firewall, FirewallRule } from '../wire/firewalls.ts';
import { canonicalAddress } from './addresses.ts';
import { idsOf, itemOf } from './item.ts';

/** `serverIds` are the servers it was put on one by one; what a selector finds is named by the selector. */
export const firewallItem = (wire: Firewall): ObservedItem<'firewall'> =>
  itemOf('firewall', wire, {
    rules: wire.rules.map(ruleOf),
    serverIds: idsOf(wire.applied_to.flatMap(({ server }) => (server === undefined ? [] : [server.id]))),
    labelSelectors: wire.applied_to
      .flatMap(({ label_selector }) => (label_selector === undefined ? [] : [label_selector.selector]))
      .sort(),
  });

const ruleOf = (wire: FirewallRule): Rule => ({
  direction: wire.direction,
  protocol: wire.protocol,
  ...(wire.port === null ? {} : { port: wire.port }),
  ips: (wire.direction === 'in' ? wire.source_ips : wire.destination_ips).map(canonicalAddress).sort(),
  ...(wire.description ? { description: wire.description } : {}),
});
