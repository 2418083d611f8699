import { type Address, kindOf } from '../domain/address.ts';
import { type CloudKind, cloudKinds, isCloudKind } from '../domain/kinds.ts';
import type { AnyCloudResource } from '../domain/plan.ts';
import { type Class, classify, type Situation } from './classify.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import { firewallServers } from './diff/firewall-servers.ts';
import { changeDraft, createDrafts } from './lifecycle.ts';
import { base, judgePresent } from './present.ts';
import { newServer } from './servers.ts';
import { judgeShared } from './shared.ts';
import { deleteVerdict, extraVerdicts } from './unwanted.ts';
import type { Verdict } from './verdict.ts';
import { nameKey, wantedName } from './world.ts';

/** Kinds in the order of their references, so that each diff knows what becomes of the things it refers to. */
const order: readonly CloudKind[] = [
  'ssh-key',
  'zone',
  'network',
  'firewall',
  'placement-group',
  'certificate',
  'server',
  'load-balancer',
  'rrset',
  'primary-ip',
  'volume',
];

/** Verdicts on everything that lives in the Hetzner API. */
export const judgeCloud = (planning: Planning): void => {
  const byKind = new Map<CloudKind, Address[]>(cloudKinds.map((kind) => [kind, []]));
  for (const address of addressesOf(planning)) {
    const kind = kindOf(address);
    if (isCloudKind(kind)) byKind.get(kind)?.push(address);
  }
  for (const kind of order)
    for (const address of byKind.get(kind) ?? []) {
      const verdict = judge(planning, situationOf(planning, address));
      if (verdict !== undefined) planning.verdicts.set(address, verdict);
      for (const extra of extraVerdicts(planning, address)) planning.verdicts.set(extra.address, extra);
    }
};

const addressesOf = ({ world, standing }: Planning): Set<Address> =>
  new Set([...world.wanted.keys(), ...world.ours.keys(), ...standing.keys(), ...world.remembered.keys()]);

const situationOf = (planning: Planning, address: Address): Situation => {
  const { world, intent, observation, adopt } = planning;
  const resource = world.wanted.get(address);
  const want = intent === 'converge' && resource !== undefined && isCloudResource(resource) ? resource : undefined;
  const kind = kindOf(address);
  const kept = planning.standing.get(address);
  const have = kept === undefined ? undefined : world.ours.get(address)?.find(({ item }) => item === kept);
  return {
    address,
    kind,
    want,
    have,
    other: want === undefined ? undefined : world.othersByName.get(nameKey(kind, wantedName(want))),
    remembered: world.remembered.get(address),
    listComplete: isCloudKind(kind) && observation.lists[kind]?.complete === true,
    intent,
    adoptAsked: adopt.has(address),
    shared: have?.ownership === 'shared' || resource?.scope === 'shared' || kind === 'zone',
  };
};

const isCloudResource = (resource: { readonly kind: string }): resource is AnyCloudResource =>
  isCloudKind(resource.kind);

const judge = (planning: Planning, situation: Situation): Verdict | undefined =>
  handlers[classify(situation)](planning, situation);

type Handler = (planning: Planning, situation: Situation) => Verdict | undefined;

const incomplete = ({ observation }: Planning, kind: string): string => {
  const list = isCloudKind(kind) ? observation.lists[kind] : undefined;
  return list?.because === undefined ? 'it did not come completely' : list.because;
};

const handlers: Readonly<Record<Class, Handler>> = {
  'being deleted': (planning, situation) => ({
    ...base(situation),
    action: 'blocked',
    reasons: [reason('status', 'Hetzner is still deleting it, so its name is taken')],
    next: `run again in a minute: reconcile ${planning.target}`,
  }),
  borrowed: (_planning, situation) => {
    const { have: _none, ...rest } = base(situation);
    return {
      ...rest,
      ...(situation.other === undefined ? {} : { have: situation.other.item }),
      action: 'keep',
      reasons: [reason('owner', 'it exists and is not ours: it is used as it is, and never changed or deleted')],
    };
  },
  adopted: (planning, situation) =>
    situation.want === undefined || situation.other === undefined
      ? undefined
      : judgePresent(planning, situation, situation.want, situation.other),
  'name taken': (planning, situation) => ({
    ...base(situation),
    action: 'blocked',
    reasons: [reason('name', takenBecause(situation))],
    next: `reconcile ${planning.target} --adopt ${situation.address}`,
  }),
  compared: (planning, situation) =>
    situation.want === undefined || situation.have === undefined
      ? undefined
      : judgePresent(planning, situation, situation.want, situation.have),
  'unseen, list incomplete': (planning, situation) => ({
    ...base(situation),
    action: 'blocked',
    reasons: [
      reason('list', `it may exist: the list of this kind is incomplete (${incomplete(planning, situation.kind)})`),
    ],
    next: `run again: reconcile ${planning.target}`,
  }),
  missing: (planning, situation) => missing(planning, situation),
  shared: (planning, situation) => judgeShared(planning, situation),
  'unwanted, list incomplete': (planning, situation) => ({
    ...base(situation),
    action: 'blocked',
    reasons: [reason('list', `nothing is deleted on an incomplete list (${incomplete(planning, situation.kind)})`)],
    next: `run again: reconcile ${planning.intent === 'destroy' ? 'destroy ' : ''}${planning.target}`,
  }),
  unwanted: (planning, situation) =>
    situation.have === undefined ? undefined : deleteVerdict(planning, situation.address, situation.have.item),
  // Never made, and wanted no more: destroying it leaves nothing to say.
  gone: (_planning, situation) =>
    situation.remembered === undefined
      ? undefined
      : {
          ...base(situation),
          action: 'forget',
          reasons: [reason('state', because.forgotten)],
          drafts: [{ verb: 'forget', effect: { port: 'state', op: 'forget' } }],
        },
};

const takenBecause = ({ other, kind }: Situation): string => {
  const theirs =
    other?.ownership === 'other-environment' ? ' but belongs to another environment' : ' without our labels';
  return `a ${kind} of this name exists${other === undefined ? '' : ` (id ${other.item.id})`}${theirs}`;
};

const missing = (planning: Planning, situation: Situation): Verdict | undefined => {
  const { want, remembered } = situation;
  if (want === undefined) return undefined;
  const why = reason('existence', remembered === undefined ? because.missing : because.gone);
  if (want.kind === 'server') return newServer(planning, want, base(situation), [why]);
  const attached = want.kind === 'firewall' ? firewallServers(planning, want, undefined) : { reasons: [], changes: [] };
  return {
    ...base(situation),
    action: 'create',
    reasons: [why, ...attached.reasons],
    drafts: [
      ...createDrafts(want, planning.sight, planning.run, undefined),
      ...attached.changes.map((change) => changeDraft(want.kind, null, change)),
    ],
  };
};
