import type { Address } from '../domain/address.ts';
import { labelNames } from '../domain/labels.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import { block } from './blocks.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { sourceText } from './sources.ts';
import { isBlocked, makesNew } from './verdict.ts';

/** Guards over the cloud's verdicts as a whole; they come before the cluster and the jobs are judged. For the quorum see quorum.ts. */
export const guardCloud = (planning: Planning): void => {
  guardReferences(planning);
  if (planning.environment.host === undefined) guardPullRequests(planning);
  guardPlacementGroups(planning);
  guardDestroy(planning);
  guardGuests(planning);
};

/** Of a preview without servers of its own, after its namespace and its jobs were judged. */
export const guardHosted = (planning: Planning): void => {
  if (planning.environment.host !== undefined) guardPullRequests(planning);
};

/** The humans' SSH keys: referenced by name, never made here. */
const guardReferences = ({ desired, intent, observation, verdicts }: Planning): void => {
  if (intent === 'destroy') return;
  const names = new Set(observation.items.map(({ kind, name }) => `${kind} ${name}`));
  for (const { kind, name } of desired.references) {
    // Not asked for by a look that orders nothing.
    if (observation.lists[kind] === undefined) continue;
    const address: Address = `${kind}/${name}`;
    if (names.has(`${kind} ${name}`) || verdicts.has(address)) continue;
    verdicts.set(address, {
      address,
      kind,
      name,
      action: 'blocked',
      reasons: [reason('existence', `infra.yaml names the ${kind} ${name}, and the Hetzner project has none`)],
      next: `hcloud ssh-key create --name ${name} --public-key-from-file ~/.ssh/id_ed25519.pub`,
      drafts: [],
      disruption: 'none',
    });
  }
  const lacking = desired.references
    .map(({ kind, name }): Address => `${kind}/${name}`)
    .filter((one) => verdicts.get(one)?.action === 'blocked');
  const [first] = lacking;
  if (first === undefined) return;
  for (const verdict of verdicts.values())
    if (verdict.kind === 'server' && makesNew(verdict))
      verdicts.set(verdict.address, {
        ...verdict,
        action: 'blocked',
        reasons: [...verdict.reasons, reason('sshKeys', `${first} does not exist`)],
        next: verdicts.get(first)?.next ?? '',
        drafts: [],
        disruption: 'none',
      });
};

/** A preview that has nothing yet needs a place among those that the file allows. */
const guardPullRequests = (planning: Planning): void => {
  const { environment, observation, standing, intent } = planning;
  if (environment.type !== 'pr' || intent === 'destroy') return;
  if ([...standing.values()].some(({ kind }) => kind === 'server')) return;
  const holders = new Set<string>(hostedPreviews(planning));
  if (environment.host !== undefined && holders.delete(environment.name)) return;
  for (const { labels } of observation.items) {
    const name = labels[labelNames.environment];
    const ours = labels[labelNames.project] === environment.project && labels[labelNames.environmentType] === 'pr';
    if (ours && name !== undefined && name !== environment.name) holders.add(name);
  }
  const max = environment.limits.pullRequestsMax;
  if (holders.size < max) return;
  const names = [...holders].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const [first = ''] = names;
  const why = reason(
    'limits',
    `${max === 1 ? 'the one place' : `all ${max} places`} of pull request environments ${max === 1 ? 'is' : 'are'} taken${first === '' ? '' : `: ${names.join(', ')}`}`,
  );
  const raise = `raise max at ${sourceText(environment, 'max')}`;
  const next = first === '' ? raise : `reconcile destroy pr ${first.replace('pr-', '')}, or ${raise}`;
  for (const verdict of planning.verdicts.values())
    if (verdict.action === 'create') block(planning, verdict, why, next);
};

/** Previews of this project on servers that they share, as far as anybody could be asked. */
const hostedPreviews = ({ observation, environment }: Planning): readonly string[] => {
  const { cluster } = observation;
  if (cluster === null || !cluster.reachable) return [];
  return (cluster.namespaces ?? [])
    .filter(({ name, owner }) => owner === `${environment.project}/${name}`)
    .map(({ name }) => name);
};

/** Servers that previews run on do not go before these have; where one gets a new disk, its plan says whose it is too. */
const guardGuests = (planning: Planning): void => {
  const { environment, intent, verdicts } = planning;
  if (environment.host !== undefined) return;
  const guests = hostedPreviews(planning);
  const [first] = guests;
  if (first === undefined) return;
  if (intent !== 'destroy') {
    for (const verdict of verdicts.values())
      if (verdict.kind === 'server' && verdict.wipes !== undefined)
        verdicts.set(verdict.address, {
          ...verdict,
          wipes: `${verdict.wipes}, and what runs there of ${guests.join(', ')}`,
        });
    return;
  }
  const why = reason('previews', `${guests.join(', ')} run${guests.length === 1 ? 's' : ''} on its servers`);
  const next = `first reconcile destroy pr ${first.replace('pr-', '')}`;
  for (const verdict of verdicts.values()) if (verdict.action === 'delete') block(planning, verdict, why, next);
};

/** docs.hetzner.com, placement groups: a spread group holds ten servers. */
const serversPerGroupMax = 10;
const guardPlacementGroups = (planning: Planning): void => {
  const members = new Map<Address, number>();
  for (const resource of planning.world.wanted.values()) {
    if (!isOfKind(resource, 'server') || planning.intent === 'destroy') continue;
    const group = (resource as Resource<'server'>).spec.placementGroup;
    if (typeof group !== 'object') continue;
    const count = (members.get(group.ref) ?? 0) + 1;
    members.set(group.ref, count);
    const verdict = planning.verdicts.get(resource.address);
    if (count <= serversPerGroupMax || verdict === undefined || !makesNew(verdict)) continue;
    const why = reason(
      'placementGroup',
      `${group.ref} is full: a spread placement group holds ${serversPerGroupMax} servers`,
    );
    block(
      planning,
      verdict,
      why,
      `write count: ${serversPerGroupMax} or less at ${sourceText(planning.environment, 'servers.count')}`,
    );
  }
};

/** Half a destroyed environment, cut off from its network, is worse than a whole one. */
const guardDestroy = (planning: Planning): void => {
  if (planning.intent !== 'destroy') return;
  const refused = [...planning.verdicts.values()].find(
    (verdict) => isBlocked(verdict) && verdict.reasons.some(({ field }) => field === 'deleteProtection'),
  );
  if (refused === undefined) return;
  const why = reason('deleteProtection', `${refused.address} may not go, and the rest does not go without it`);
  for (const verdict of planning.verdicts.values())
    if (verdict.action === 'delete') block(planning, verdict, why, refused.next ?? '');
};

/** A group or firewall that a refused server still uses stays with it: without it that server would be changed after all. */
export const guardHeld = (planning: Planning): void => {
  for (const verdict of planning.verdicts.values()) {
    const item = verdict.have;
    if (verdict.action !== 'delete' || item === undefined || !('serverIds' in item.facts)) continue;
    const holder = item.facts.serverIds
      .map((id) => planning.verdicts.get(planning.world.addressById.get(`server ${id}`) ?? 'server/-'))
      .find((server) => server !== undefined && isBlocked(server));
    if (holder === undefined) continue;
    block(planning, verdict, reason('used', `${holder.address} uses it and is blocked`), holder.next ?? '');
  }
};
