import type { FirewallRule } from '../../domain/environment.ts';
import type { CloudChange } from '../../domain/plan.ts';
import type { Resource } from '../../domain/resource.ts';
import type { ApiRequest } from '../request.ts';
import type { FirewallRuleRequest } from '../wire/firewalls.ts';
import { act, commonChange, post } from './common.ts';
import { impossible, type References } from './references.ts';

export const createFirewall = ({ name, labels, spec }: Resource<'firewall'>): ApiRequest =>
  post('/firewalls', {
    name,
    labels,
    rules: spec.rules.map(ruleBody),
    ...(spec.selectors === undefined ? {} : { apply_to: spec.selectors.map(selected) }),
  });

const selected = (selector: string) => ({ type: 'label_selector', label_selector: { selector } }) as const;

/** A rule names only the addresses of its direction; port only with tcp and udp (docs.hetzner.cloud, firewalls). */
const ruleBody = ({ direction, protocol, port, ips, description }: FirewallRule): FirewallRuleRequest => ({
  direction,
  protocol,
  ...(port === undefined ? {} : { port }),
  ...(direction === 'in' ? { source_ips: [...ips] } : { destination_ips: [...ips] }),
  ...(description === undefined ? {} : { description }),
});

export const changeFirewall = (path: string, change: CloudChange, references: References): ApiRequest => {
  switch (change.op) {
    case 'set-rules':
      return act(path, 'set_rules', { rules: change.rules.map(ruleBody) });
    case 'apply-firewall':
      return act(path, 'apply_to_resources', {
        apply_to: [{ type: 'server', server: { id: references.id(change.server) } }],
      });
    case 'remove-firewall':
      return act(path, 'remove_from_resources', {
        remove_from: [{ type: 'server', server: { id: references.id(change.server) } }],
      });
    case 'remove-firewall-selector':
      return act(path, 'remove_from_resources', { remove_from: [selected(change.selector)] });
    default: {
      // Firewalls have no protection (docs.hetzner.cloud, firewalls).
      const request = change.op === 'set-protection' ? undefined : commonChange(path, change);
      if (request === undefined) throw impossible('firewall', change);
      return request;
    }
  }
};
