import type { ObservedItem } from '../../domain/observation.ts';
import type { CloudChange, Reason } from '../../domain/plan.ts';
import { isReference, type Resource } from '../../domain/resource.ts';
import type { Planning } from '../context.ts';
import { reason } from '../describe.ts';

/**
 * Servers that should be behind a firewall and are not. A new server gets its firewalls when it is ordered; this is for
 * those that exist. Putting it on a server is an action of the firewall, so the firewall's verdict speaks of it.
 */
export const firewallServers = (
  planning: Planning,
  want: Resource<'firewall'>,
  have: ObservedItem<'firewall'> | undefined,
): { readonly reasons: Reason[]; readonly changes: CloudChange[] } => {
  const reasons: Reason[] = [];
  const changes: CloudChange[] = [];
  const applied = new Set(have?.facts.serverIds);
  const { world, standing } = planning;
  for (const resource of world.wanted.values()) {
    if (
      resource.kind !== 'server' ||
      !resource.spec.firewalls.some((one) => isReference(one) && one.ref === want.address)
    )
      continue;
    const server = standing.get(resource.address);
    if (server?.kind !== 'server' || server.facts.status === 'deleting') continue;
    if (applied.has(server.id) || (have !== undefined && server.facts.firewallIds.includes(have.id))) continue;
    reasons.push(reason('servers', `${resource.address} is not behind it`, undefined, server.name));
    changes.push({ op: 'apply-firewall', server: Number(server.id) });
  }
  noticeOthers(planning, want, have);
  return { reasons, changes };
};

const noticeOthers = (
  planning: Planning,
  want: Resource<'firewall'>,
  have: ObservedItem<'firewall'> | undefined,
): void => {
  for (const selector of have?.facts.labelSelectors ?? [])
    planning.notices.add(`${want.address} is also applied to the servers with label ${selector}: it is left so`);
};
