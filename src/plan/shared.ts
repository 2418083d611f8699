import { labelNames } from '../domain/labels.ts';
import type { OwnedItem } from '../domain/observation.ts';
import type { Situation } from './classify.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { deleteVerdict } from './unwanted.ts';
import type { Verdict } from './verdict.ts';

/**
 * Something shared that this plan does not want: a zone of ours. It goes only when this environment is destroyed, no
 * other environment of the project has anything left, and nobody else has a record in it. Otherwise it stays, and only
 * this environment's memory of it ends.
 */
export const judgeShared = (planning: Planning, situation: Situation): Verdict | undefined => {
  const { have, address, kind, remembered } = situation;
  if (have === undefined) return undefined;
  const stays = whyItStays(planning, have);
  if (stays === undefined) return deleteVerdict(planning, address, have.item);
  return {
    address,
    kind,
    name: have.item.name,
    have: have.item,
    action: remembered === undefined ? 'keep' : 'forget',
    reasons: [reason('shared', stays)],
    drafts: remembered === undefined ? [] : [{ verb: 'forget', effect: { port: 'state', op: 'forget' } }],
    disruption: 'none',
  };
};

const whyItStays = ({ intent, world, observation }: Planning, { item }: OwnedItem): string | undefined => {
  if (intent === 'converge') return 'it is shared by all environments, so it goes only with the last one';
  const incomplete = Object.entries(observation.lists).find(([, list]) => list?.complete === false);
  if (incomplete !== undefined)
    return `it stays: the list of kind ${incomplete[0]} is incomplete, so others may still need it`;
  const other = world.others.find(({ ownership }) => ownership === 'other-environment');
  if (other !== undefined)
    return `it stays: environment ${other.item.labels[labelNames.environment] ?? '?'} still uses it`;
  if (item.kind !== 'zone') return undefined;
  const record = world.others.find(
    ({ item: one }) => one.kind === 'rrset' && one.facts.zone === item.name && !hetzners(one.facts),
  );
  if (record === undefined) return undefined;
  return `it stays: it holds the record ${record.item.name}, which is not ours`;
};

/** Made by Hetzner with every zone: SOA and the three NS at its apex (docs.hetzner.cloud, zones). */
const hetzners = ({ name, type }: { readonly name: string; readonly type: string }): boolean =>
  name === '@' && (type === 'SOA' || type === 'NS');
