import { CloudError, Failure } from '../../../src/domain/errors.ts';
import type { CloudKind } from '../../../src/domain/kinds.ts';
import type { AnyObservedItem } from '../../../src/domain/observation.ts';
import type { CloudEffect } from '../../../src/domain/plan.ts';
import type { Reference } from '../../../src/domain/resource.ts';
import { changeThing } from './change-thing.ts';
import { factsOf, resolving } from './facts.ts';

/*
 * A Hetzner project as its objects and the rules that matter to a run that may die: names are unique, what is used or
 * protected is not deleted, an action takes its time and its object is locked meanwhile. `contract.test.ts` holds it
 * to the emulator.
 */
export interface Thing {
  readonly kind: CloudKind;
  readonly id: string;
  name: string;
  labels: Record<string, string>;
  readonly createdAt: string;
  // biome-ignore lint/suspicious/noExplicitAny: facts of all kinds, changed by name
  facts: any;
  lockedUntil: number;
  /** Servers: when they began to boot, and which disk they run on. */
  upSince: number;
  disk: number;
}

export interface Action {
  readonly id: number;
  readonly command: string;
  readonly endsAt: number;
  readonly ends: 'success' | 'error' | 'never';
}

/** What an accepted request will come to when its action ends. */
export interface Landing {
  readonly action: Action | undefined;
  readonly thing: Thing;
}

export type Resolve = (reference: Reference) => string;

export interface Things {
  readonly all: Map<string, Thing>;
  readonly actions: Map<number, Action>;
  find(kind: CloudKind, name: string): Thing | undefined;
  /** Carries a request out. Throws CloudError, having changed nothing. */
  perform(effect: CloudEffect, resolve: Resolve, ends?: Action['ends']): Landing;
  /** Somebody else makes something. */
  plant(kind: CloudKind, name: string, labels: Record<string, string>, facts: unknown): Thing;
  items(kind: CloudKind): AnyObservedItem[];
  item(thing: Thing): AnyObservedItem;
}

const durations: Readonly<Record<string, number>> = {
  'create server': 8_000,
  'create load-balancer': 3_000,
  'create certificate': 30_000,
  'create zone': 1_000,
  'create rrset': 1_000,
  'delete server': 3_000,
  'delete zone': 1_000,
  'delete rrset': 1_000,
  rebuild: 20_000,
  'change-type': 30_000,
  'power-on': 4_000,
  'attach-network': 3_000,
};
/** Answered at once, without an action. */
const instant = [
  'create network',
  'create firewall',
  'create placement-group',
  'set-labels',
  'rename',
  'delete network',
  'delete firewall',
  'delete placement-group',
  'delete load-balancer',
  'delete certificate',
];

export const keyOf = (kind: CloudKind, id: string): string => `${kind}/${id}`;

export const createThings = (now: () => number): Things => {
  const all = new Map<string, Thing>();
  const actions = new Map<number, Action>();
  let ids = 1000;

  const find = (kind: CloudKind, name: string): Thing | undefined => {
    const [last, type] = name.split('/').slice(-2);
    for (const thing of all.values())
      if (thing.kind === kind && (thing.name === name || (kind === 'rrset' && thing.name === `${last}/${type}`)))
        return thing;
    return undefined;
  };
  const add = (kind: CloudKind, id: string, name: string, labels: Record<string, string>, facts: unknown): Thing => {
    const thing = {
      kind,
      id,
      name,
      labels,
      createdAt: new Date(now()).toISOString(),
      facts,
      lockedUntil: 0,
      upSince: now(),
      disk: 0,
    };
    all.set(keyOf(kind, id), thing);
    return thing;
  };
  const nextId = (): string => {
    ids += 1;
    return String(ids);
  };
  const start = (thing: Thing, command: string, ends: Action['ends']): Landing => {
    if (instant.includes(command)) return { action: undefined, thing };
    ids += 1;
    const action = { id: ids, command, endsAt: now() + (durations[command] ?? 1_000), ends };
    actions.set(action.id, action);
    // A lock is given up at last, also by an action that never tells its end.
    if (thing.kind === 'server') thing.lockedUntil = ends === 'never' ? now() + 120_000 : action.endsAt;
    return { action, thing };
  };
  const create = (effect: Extract<CloudEffect, { op: 'create' }>, resolve: Resolve, ends: Action['ends']): Landing => {
    const { resource, placement } = effect;
    const { kind, name } = resource;
    if (find(kind, name) !== undefined) throw refused('uniqueness_error', `${kind} ${name} exists`, 409);
    const zone = kind === 'rrset' ? find('zone', resource.spec.zone) : undefined;
    if (kind === 'rrset' && zone === undefined)
      throw new Failure(`there is no zone ${resource.spec.zone} in this Hetzner project`);
    const id = zone === undefined ? nextId() : `${zone.id}/${resource.name}`;
    const facts = factsOf(resource, id, placement, resolving(resolve, all));
    return start(add(kind, id, name, { ...resource.labels }, facts), `create ${kind}`, ends);
  };
  const remove = ({ kind, id }: Extract<CloudEffect, { op: 'delete' }>, ends: Action['ends']): Landing => {
    const thing = existing(kind, id);
    if (thing.facts.deleteProtection) throw refused('protected', `${kind} ${thing.name} is protected`, 423);
    if (isUsed(thing)) throw refused('resource_in_use', `${kind} ${thing.name} is in use`, 409);
    const landing = start(thing, `delete ${kind}`, ends);
    if (ends === 'error') return landing;
    all.delete(keyOf(kind, id));
    for (const [key, other] of all) if (kind === 'zone' && other.facts.zone === thing.name) all.delete(key);
    for (const other of all.values()) forgetIn(other, thing);
    return landing;
  };
  const existing = (kind: CloudKind, id: string): Thing => {
    const thing = all.get(keyOf(kind, id));
    if (thing === undefined) throw refused('not_found', `${kind} ${id} not found`, 404);
    return thing;
  };
  const boots = (thing: Thing, op: string): void => {
    if (op === 'rebuild') thing.disk += 1;
    if (op === 'rebuild' || op === 'power-on') thing.upSince = now();
  };
  const isUsed = (thing: Thing): boolean => {
    for (const other of all.values()) {
      if (thing.kind === 'firewall' && other.facts.firewallIds?.includes(thing.id)) return true;
      if (thing.kind !== 'certificate' || other.kind !== 'load-balancer') continue;
      for (const service of other.facts.services)
        if (service.http?.certificates.includes(Number(thing.id))) return true;
    }
    return false;
  };
  /** As it is now: facts are replaced, never changed inside (change-thing.ts). */
  const item = (thing: Thing): AnyObservedItem => {
    const { lockedUntil: _locked, upSince: _up, disk: _disk, ...plain } = thing;
    const facts = { ...thing.facts };
    if (thing.kind === 'server') Object.assign(facts, serverNow(thing, now()));
    if (thing.kind === 'certificate')
      facts.issuance = Date.parse(thing.createdAt) + 30_000 > now() ? 'pending' : facts.issuance;
    const member = memberOf(thing);
    if (member !== undefined)
      facts.serverIds = [...all.values()].filter((one) => one.kind === 'server' && member(one)).map(({ id }) => id);
    return { ...plain, facts } as AnyObservedItem;
  };
  return {
    all,
    actions,
    find,
    item,
    plant: (kind, name, labels, facts) => add(kind, nextId(), name, labels, facts),
    items: (kind) => [...all.values()].filter((thing) => thing.kind === kind).map(item),
    perform(effect, resolve, ends = 'success') {
      if (effect.op === 'create') return create(effect, resolve, ends);
      const thing = existing(effect.kind, effect.id ?? '');
      // Names and labels are no matter of the machine (docs.hetzner.cloud, servers: only actions lock).
      const plain = effect.op === 'change' && ['set-labels', 'rename'].includes(effect.change.op);
      if (thing.lockedUntil > now() && !plain) throw refused('locked', `${thing.name} is locked`, 423);
      if (effect.op === 'delete') return remove(effect, ends);
      if (ends !== 'error') {
        changeThing(thing, effect.change, resolving(resolve, all));
        boots(thing, effect.change.op);
      }
      return start(thing, effect.change.op, ends);
    },
  };
};

export const refused = (code: string, message: string, status: number): CloudError =>
  new CloudError(`${message} (${code})`, { code, status, retryable: code === 'locked' || code === 'conflict' });

/** Its creation and its locks take time; the rest of its facts are shown at once. */
const serverNow = ({ createdAt, facts, lockedUntil }: Thing, now: number): object => {
  const locked = lockedUntil > now;
  return { locked, status: locked && Date.parse(createdAt) + 8_000 > now ? 'initializing' : facts.status };
};

const memberOf = ({ kind, id }: Thing): ((server: Thing) => boolean) | undefined => {
  if (kind === 'network')
    return ({ facts }) => facts.networks.some((one: { networkId: string }) => one.networkId === id);
  if (kind === 'firewall') return ({ facts }) => facts.firewallIds.includes(id);
  if (kind === 'placement-group') return ({ facts }) => facts.placementGroupId === id;
  return undefined;
};

/** What is gone is nowhere attached any more. */
const forgetIn = ({ facts }: Thing, { kind, id }: Thing): void => {
  if (kind === 'network' && facts.networks !== undefined)
    facts.networks = facts.networks.filter((one: { networkId: string }) => one.networkId !== id);
  if (kind === 'placement-group' && facts.placementGroupId === id) facts.placementGroupId = null;
};
