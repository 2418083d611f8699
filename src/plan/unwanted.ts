import { accessRuleOf } from '../domain/access-rule.ts';
import type { Address } from '../domain/address.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Planning } from './context.ts';
import { because, reason, wipesOf } from './describe.ts';
import { changeDraft, deleteDraft } from './lifecycle.ts';
import { isProtected, type Refusal } from './protection.ts';
import type { Draft, Verdict } from './verdict.ts';

/** A thing of ours that goes. The list of its kind is complete: classify.ts saw to that. */
export const deleteVerdict = (
  planning: Planning,
  address: Address,
  item: AnyObservedItem,
  why: string = whyUnwanted(planning, item),
): Verdict => {
  const plain = { address, kind: item.kind, name: item.name, have: item, drafts: [], disruption: 'none' } as const;
  const reasons = [reason('existence', why)];
  const refusal = isProtected(planning, item) ?? heldElsewhere(planning, item);
  if (refusal !== undefined)
    return { ...plain, action: 'blocked', reasons: [...reasons, refusal.reason], next: refusal.next };
  const volumes =
    item.kind === 'server' ? item.facts.volumeIds.map((id) => planning.sight.itemById('volume', id)?.name ?? id) : [];
  const wipes = wipesOf(item, volumes);
  noticeGuests(planning, item);
  return {
    ...plain,
    action: 'delete',
    reasons,
    ...(wipes === undefined ? {} : { wipes }),
    drafts: [...releases(planning, item), deleteDraft(item), ...forgetsAnother(planning, address, item)],
    disruption: isMember(planning, item) ? 'leave' : 'none',
  };
};

const whyUnwanted = ({ intent, environment }: Planning, item: AnyObservedItem): string => {
  const rule = accessRuleOf(item, environment.project);
  if (rule !== undefined) return because.expired;
  return intent === 'destroy' ? because.destroyed : because.unwanted;
};

/** The state remembers another object under this address, which is gone too: what is deleted is a copy of it. */
const forgetsAnother = ({ world }: Planning, address: Address, { id }: AnyObservedItem): Draft[] => {
  const remembered = world.remembered.get(address);
  if (remembered === undefined || remembered.id === id) return [];
  return [{ verb: 'forget', effect: { port: 'state', op: 'forget' } }];
};

/** Whether the cluster loses a member with it; a server that never joined, or a copy, can go at any time. */
const isMember = ({ intent, observation }: Planning, item: AnyObservedItem): boolean => {
  const { cluster } = observation;
  if (item.kind !== 'server' || intent === 'destroy') return false;
  return !cluster?.reachable || [...cluster.nomad.voters, ...cluster.consul.voters].includes(item.name);
};

/** Copies of a thing of ours: labels copied by hand, or a creation whose reply was lost and which was then repeated. */
export const extraVerdicts = (planning: Planning, address: Address): Verdict[] => {
  const candidates = planning.world.ours.get(address) ?? [];
  const kept = planning.standing.get(address);
  const items = candidates.map(({ item }) => item).filter((item) => item !== kept);
  const { observation } = planning;
  return items.map((item) => {
    const extra: Address = `${address}~${item.id}`;
    if (observation.lists[item.kind]?.complete === true)
      return { ...deleteVerdict(planning, extra, item, because.extra), disruption: 'none' };
    return {
      address: extra,
      kind: item.kind,
      name: item.name,
      have: item,
      action: 'blocked',
      reasons: [reason('existence', because.extra), reason('list', 'nothing is deleted on an incomplete list')],
      next: `run again: reconcile ${planning.target}`,
      drafts: [],
      disruption: 'none',
    };
  });
};

const ownedServer = ({ world }: Planning, id: string): Address | undefined => world.addressById.get(`server ${id}`);

/** What keeps Hetzner from deleting it, where the way out is not ours to take. */
const heldElsewhere = (planning: Planning, item: AnyObservedItem): Refusal | undefined => {
  const holder = holderOf(planning, item);
  if (holder === undefined) return undefined;
  return {
    reason: reason('used', `${holder.what} uses it, and that is not ours to change`),
    next: holder.next,
  };
};

const holderOf = (planning: Planning, item: AnyObservedItem): { what: string; next: string } | undefined => {
  const { sight } = planning;
  if (item.kind === 'firewall') {
    const foreign = item.facts.serverIds.find((id) => ownedServer(planning, id) === undefined);
    if (foreign === undefined) return undefined;
    const name = sight.itemById('server', foreign)?.name ?? foreign;
    return {
      what: `server ${name}`,
      next: `hcloud firewall remove-from-resource ${item.name} --type server --server ${name}`,
    };
  }
  if (item.kind === 'certificate') {
    const user = planning.world.others.find(
      ({ item: one }) =>
        one.kind === 'load-balancer' &&
        one.facts.services.some((service) => service.http?.certificates.some((id) => String(id) === item.id)),
    );
    return user === undefined
      ? undefined
      : { what: `load balancer ${user.item.name}`, next: `give ${user.item.name} another certificate` };
  }
  if (item.kind === 'volume' && item.facts.serverId !== null && !leaves(planning, item.facts.serverId))
    return {
      what: `server ${sight.itemById('server', item.facts.serverId)?.name ?? item.facts.serverId}`,
      next: `hcloud volume detach ${item.name}`,
    };
  if (item.kind === 'primary-ip' && item.facts.assigneeId !== null && !leaves(planning, item.facts.assigneeId))
    return {
      what: `server ${sight.itemById('server', item.facts.assigneeId)?.name ?? item.facts.assigneeId}`,
      next: `hcloud primary-ip unassign ${item.name}`,
    };
  return undefined;
};

/** Servers are judged before volumes and addresses, so their verdicts are known. */
const leaves = (planning: Planning, serverId: string): boolean => {
  const address = ownedServer(planning, serverId);
  return address !== undefined && planning.verdicts.get(address)?.action === 'delete';
};

/** A firewall in use can't be deleted; of servers that stay it is taken off first. */
const releases = (planning: Planning, item: AnyObservedItem): Draft[] => {
  if (item.kind !== 'firewall') return [];
  const rule = accessRuleOf(item, planning.environment.project);
  const selectors = (rule?.selectors ?? []).map((selector) =>
    changeDraft('firewall', item.id, { op: 'remove-firewall-selector', selector }),
  );
  if (planning.intent === 'destroy') return selectors;
  const servers = item.facts.serverIds.map((id) =>
    changeDraft('firewall', item.id, { op: 'remove-firewall', server: Number(id) }),
  );
  return [...selectors, ...servers];
};

/** Deleting a network detaches whatever is in it (docs.hetzner.cloud, networks), so guests are named before. */
const noticeGuests = (planning: Planning, item: AnyObservedItem): void => {
  if (item.kind !== 'network') return;
  for (const id of item.facts.serverIds) {
    if (ownedServer(planning, id) !== undefined) continue;
    const name = planning.sight.itemById('server', id)?.name ?? id;
    planning.notices.add(
      `server ${name} is not ours and is in network ${item.name}: Hetzner detaches it when the network goes; the server stays`,
    );
  }
};
