import { CloudError } from '../../src/domain/errors.ts';
import type { CloudKind } from '../../src/domain/kinds.ts';
import type { AnyObservedItem } from '../../src/domain/observation.ts';
import type { CloudChange, CloudEffect } from '../../src/domain/plan.ts';
import { isReference, type Reference } from '../../src/domain/resource.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Accepted, CloudApi, HetznerAction } from '../../src/ports/cloud-api.ts';

/*
 * A cloud of a few rules for tests of the executor: names are unique, a mutation starts an action, its effect lands
 * when the action ends, what is deleted is gone. The emulator is the faithful one; this one is small enough to see
 * through, and records every call.
 */
interface Thing {
  kind: CloudKind;
  id: string;
  name: string;
  labels: Record<string, string>;
  createdAt: string;
  facts: Record<string, unknown>;
}
interface RunningAction {
  readonly id: number;
  readonly command: string;
  readonly endsAt: number;
  readonly land: () => void;
  landed: boolean;
}

export interface FakeCloud extends CloudApi {
  readonly things: Thing[];
  /** `3.0 create server a`, `3.5 actions 1 2`, `4.0 find server a`. */
  readonly calls: string[];
  readonly count: (word: string) => number;
  /** Put there by someone else, at once. */
  readonly plant: (thing: Partial<Thing> & Pick<Thing, 'kind' | 'name'>) => Thing;
}

export const createFakeCloud = (clock: Clock, durationMs: (command: string) => number = () => 3_000): FakeCloud => {
  const startedAt = clock.now();
  const things: Thing[] = [];
  const calls: string[] = [];
  const actions = new Map<number, RunningAction>();
  const busyUntil = new Map<string, number>();
  let ids = 100;

  const called = (text: string) => calls.push(`${((clock.now() - startedAt) / 1000).toFixed(1)} ${text}`);
  const land = () => {
    for (const action of actions.values()) {
      if (action.landed || action.endsAt > clock.now()) continue;
      action.landed = true;
      action.land();
    }
  };
  const start = (thing: Thing, command: string, effect: () => void): number[] => {
    const ms = durationMs(command);
    busyUntil.set(thing.id, clock.now() + ms);
    if (ms === 0) {
      effect();
      return [];
    }
    ids += 1;
    actions.set(ids, { id: ids, command, endsAt: clock.now() + ms, land: effect, landed: false });
    return [ids];
  };
  /** As the adapter does: waits out the Hetzner action that runs on a server (423 locked). */
  const unlocked = async (thing: Thing | undefined): Promise<void> => {
    while (thing?.kind === 'server' && (busyUntil.get(thing.id) ?? 0) > clock.now()) await clock.sleep(1_000);
    land();
  };
  const plant: FakeCloud['plant'] = (given) => {
    ids += 1;
    const thing = { id: String(ids), labels: {}, createdAt: new Date(clock.now()).toISOString(), facts: {}, ...given };
    things.push(thing);
    return thing;
  };
  const perform = async (effect: CloudEffect, resolve: (reference: Reference) => string): Promise<Accepted> => {
    const landing = effect.op === 'change' ? landingOf(effect.change, resolve) : undefined;
    called(`${effect.op === 'change' ? effect.change.op : effect.op} ${titleOf(effect)}`);
    await Promise.resolve();
    land();
    if (effect.op === 'create') return create(effect);
    const thing = things.find((one) => one.kind === effect.kind && one.id === effect.id);
    await unlocked(thing);
    if (thing === undefined) throw refusal('not_found', `${effect.kind} ${effect.id} not found`, 404);
    if (effect.op === 'delete')
      return {
        actionIds: start(thing, `delete_${effect.kind}`, () => void things.splice(things.indexOf(thing), 1)),
        outputs: {},
      };
    const { change } = effect;
    if (change.op === 'attach-network' && (thing.facts['networks'] as unknown[]).length > 0)
      throw refusal('server_already_attached', 'server is already attached to this network', 422);
    return { actionIds: start(thing, change.op, () => landing?.(thing)), outputs: {} };
  };
  const create = ({ resource }: Extract<CloudEffect, { op: 'create' }>): Accepted => {
    const { kind, name } = resource;
    if (things.some((one) => one.kind === kind && one.name === name))
      throw refusal('uniqueness_error', `${kind} name is already used`, 409);
    const thing = plant({ kind, name, labels: { ...resource.labels }, facts: firstFacts(kind) });
    const actionIds = start(thing, `create_${kind}`, () => {
      if (kind === 'server') Object.assign(thing.facts, { status: 'off', locked: false });
    });
    const outputs = kind === 'server' || kind === 'load-balancer' ? { ipv4: String(thing.facts['ipv4']) } : {};
    return { id: thing.id, createdAt: thing.createdAt, actionIds, outputs };
  };
  const firstFacts = (kind: CloudKind): Record<string, unknown> => ({
    networks: [],
    targets: [],
    ...(kind === 'server' ? { status: 'initializing', locked: true } : {}),
    ipv4: `203.0.113.${ids % 250}`,
    ipv6: null,
  });
  const unused = async () => {
    throw new Error('the executor has no business asking this');
  };
  return {
    things,
    calls,
    plant,
    count: (word) => calls.filter((call) => call.split(' ')[1] === word).length,
    perform,
    async find(kind, name) {
      called(`find ${kind} ${name}`);
      land();
      const thing = things.find((one) => one.kind === kind && one.name === name);
      return structuredClone(thing) as AnyObservedItem | undefined;
    },
    async actions(asked) {
      called(`actions ${asked.join(' ')}`);
      land();
      return asked.map((id) => statusOf(id, actions.get(id), clock.now()));
    },
    list: unused,
    listRrsets: unused,
    catalogue: unused,
    prices: unused,
    usage: () => ({ requests: { read: 0, write: calls.length }, budget: null }),
  };
};

const titleOf = (effect: CloudEffect): string => {
  if (effect.op === 'create') return `${effect.resource.kind} ${effect.resource.name}`;
  return effect.op === 'delete' ? `${effect.kind} ${effect.name}` : `${effect.kind} ${effect.id ?? '?'}`;
};

const refusal = (code: string, message: string, status: number): CloudError =>
  new CloudError(`${message} (${code})`, { code, status, retryable: false });

const statusOf = (id: number, action: RunningAction | undefined, now: number): HetznerAction => {
  if (action === undefined) throw refusal('not_found', `Hetzner does not know action ${id}`, 404);
  const done = action.endsAt <= now;
  return { id, command: action.command, status: done ? 'success' : 'running', progress: done ? 100 : 50, error: null };
};

/** The changes the tests use, as facts show them. References are resolved before anything is sent, as the adapter does. */
const landingOf = (change: CloudChange, resolve: (reference: Reference) => string): ((thing: Thing) => void) => {
  const text = (value: unknown) => (isReference(value) ? resolve(value) : String(value));
  switch (change.op) {
    case 'set-labels':
      return (thing) => {
        thing.labels = { ...change.labels };
      };
    case 'power-on':
      return ({ facts }) => Object.assign(facts, { status: 'running' });
    case 'attach-network': {
      const network = { networkId: text(change.network), ip: change.ip };
      return ({ facts }) => (facts['networks'] as unknown[]).push(network);
    }
    case 'add-target':
      return ({ facts }) => (facts['targets'] as unknown[]).push(change.target);
    default:
      return () => undefined;
  }
};
