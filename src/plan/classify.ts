import type { Address } from '../domain/address.ts';
import type { Kind } from '../domain/kinds.ts';
import type { OwnedItem } from '../domain/observation.ts';
import type { AnyCloudResource } from '../domain/plan.ts';
import type { Remembered } from '../domain/statefile.ts';

/** Everything that is known of one address of the cloud. */
export interface Situation {
  readonly address: Address;
  readonly kind: Kind;
  readonly want: AnyCloudResource | undefined;
  /** The object of ours that stands for the address. */
  readonly have: OwnedItem | undefined;
  /** An object that is not ours and holds the wanted name. */
  readonly other: OwnedItem | undefined;
  readonly remembered: Remembered | undefined;
  readonly listComplete: boolean;
  readonly intent: 'converge' | 'destroy';
  readonly adoptAsked: boolean;
  /** Needed by several environments: the zone. */
  readonly shared: boolean;
}

export const classes = [
  'being deleted',
  'borrowed',
  'adopted',
  'name taken',
  'compared',
  'unseen, list incomplete',
  'missing',
  'shared',
  'unwanted, list incomplete',
  'unwanted',
  'gone',
] as const;
export type Class = (typeof classes)[number];

interface Rule {
  readonly class: Class;
  readonly when: (situation: Situation) => boolean;
}

/** Ordered; the first that fits wins. */
const rules: readonly Rule[] = [
  // Hetzner deletes servers over seconds; until then the name is taken and nothing else can be done to it.
  {
    class: 'being deleted',
    when: ({ have }) => have?.item.kind === 'server' && have.item.facts.status === 'deleting',
  },
  // A zone holds the records of others too: one that exists is used as it is, whoever made it.
  {
    class: 'borrowed',
    when: ({ want, have, other, adoptAsked }) => want?.kind === 'zone' && !have && !!other && !adoptAsked,
  },
  // The user hands a thing over that has the right name.
  { class: 'adopted', when: ({ want, have, other, adoptAsked }) => !!want && !have && !!other && adoptAsked },
  // A name alone makes nothing ours (design: ours is what has our labels or is in the state with id, name, creation time).
  { class: 'name taken', when: ({ want, have, other }) => !!want && !have && !!other },
  // Ours by labels, or by the state when its labels were stripped.
  { class: 'compared', when: ({ want, have }) => !!want && !!have },
  // It may exist on the page that did not come: creating it again could make a second one.
  { class: 'unseen, list incomplete', when: ({ want, listComplete }) => !!want && !listComplete },
  { class: 'missing', when: ({ want }) => !!want },
  // Shared things go only with the last environment (shared.ts decides).
  { class: 'shared', when: ({ have, shared }) => !!have && shared },
  // Never delete on an incomplete list: what is missing from it may be what explains this object.
  { class: 'unwanted, list incomplete', when: ({ listComplete }) => !listComplete },
  { class: 'unwanted', when: ({ have }) => !!have },
  // In the state only: the object is gone and nobody wants it back.
  { class: 'gone', when: () => true },
];

export const classify = (situation: Situation): Class => {
  const rule = rules.find(({ when }) => when(situation));
  if (rule === undefined) throw new Error(`no rule fits ${situation.address}`);
  return rule.class;
};
