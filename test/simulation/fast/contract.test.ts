import { expect, test } from 'vitest';
import type { Address } from '../../../src/domain/address.ts';
import { CloudError, Failure } from '../../../src/domain/errors.ts';
import type { CloudKind } from '../../../src/domain/kinds.ts';
import type { AnyObservedItem } from '../../../src/domain/observation.ts';
import type { CloudChange, CloudEffect } from '../../../src/domain/plan.ts';
import type { Reference } from '../../../src/domain/resource.ts';
import type { Accepted, CloudApi } from '../../../src/ports/cloud-api.ts';
import { emulatedCloud } from '../../hetzner/emulated.ts';
import { chanceOf } from './chance.ts';
import { cloudThrough } from './cloud.ts';
import { type Call, script } from './contract-script.ts';
import { createThings } from './things.ts';
import { createProcess, createTimeline } from './time.ts';
import { calm, createWay } from './way.ts';

/*
 * The simulation's cloud is a model of a model: it is worth something only as far as it answers as the emulator does,
 * which is held to Hetzner's own document. One script is carried out on both, through the same port; what each call is
 * answered and what is seen after it must be equal, apart from ids, addresses and times.
 */
interface Side {
  readonly cloud: CloudApi;
  /** Lets time pass until it is done. */
  live<T>(work: () => Promise<T>): Promise<T>;
  sleep(ms: number): Promise<void>;
}

const emulated = (): Side => {
  const { cloud, emulator } = emulatedCloud();
  return { cloud, live: (work) => work(), sleep: (ms) => emulator.clock.sleep(ms) };
};

const simulated = (): Side => {
  const timeline = createTimeline();
  const process = createProcess(timeline, 0);
  const chance = chanceOf(1);
  const met = (): void => undefined;
  const way = createWay({ timeline, process, chance, weather: calm, met, tell: met });
  const cloud = cloudThrough({
    ...{ things: createThings(timeline.now), process, way, chance, weather: calm, now: timeline.now, met },
    away: () => false,
    soldOut: () => [],
    gated: (send) => send(),
    arrives: () => () => undefined,
    listed: () => undefined,
  });
  return {
    cloud,
    live: async (work) => {
      let over = false;
      const working = work().finally(() => {
        over = true;
      });
      working.catch(() => undefined);
      await timeline.run(3_600_000, () => over);
      return working;
    },
    sleep: (ms) => process.clock.sleep(ms),
  };
};

const kinds = [
  ...(['network', 'firewall', 'placement-group', 'certificate', 'load-balancer', 'server', 'zone', 'ssh-key'] as const),
];
type Made = Map<Address, { readonly id: string; readonly outputs: Readonly<Record<string, string>> }>;

const carryOut = async ({ cloud, live, sleep }: Side, calls: readonly Call[]): Promise<readonly string[]> => {
  const made: Made = new Map();
  const heard: string[] = [];
  for (const call of calls) {
    const outcome = await live(() => outcomeOf(cloud, made, call, sleep));
    heard.push(`${call.title}: ${outcome}`);
    if (!call.leave) await live(() => sleep(300_000));
    if (call.look) heard.push(...(await live(() => lookAround(cloud, made))));
  }
  return heard;
};

const outcomeOf = async (cloud: CloudApi, made: Made, call: Call, sleep: Side['sleep']): Promise<string> => {
  try {
    const effect = effectOf(call, made);
    const accepted = await cloud.perform(effect, (reference) => referred(made, reference), { signal: gaveUp });
    if (effect.op === 'create') made.set(effect.resource.address, { id: accepted.id ?? '', outputs: accepted.outputs });
    return call.leave ? 'accepted' : await endOf(cloud, accepted, sleep);
  } catch (error) {
    if (error instanceof CloudError) return error.code;
    if (error instanceof Failure) return error.message;
    throw error;
  }
};
/** A refusal that may pass is told at once. */
const gaveUp = AbortSignal.abort(new Error('told at once'));

const endOf = async (cloud: CloudApi, { actionIds }: Accepted, sleep: Side['sleep']): Promise<string> => {
  for (let n = 0; n < 600; n += 1) {
    const actions = actionIds.length === 0 ? [] : await cloud.actions(actionIds);
    const failed = actions.find(({ status }) => status === 'error');
    if (failed !== undefined) return `failed: ${failed.error?.code}`;
    if (actions.every(({ status }) => status === 'success')) return 'done';
    await sleep(1_000);
  }
  return 'without an end';
};

const effectOf = ({ effect }: Call, made: Made): CloudEffect => {
  if ('resource' in effect) return { port: 'cloud', op: 'create', ...effect };
  const id = made.get(effect.of)?.id ?? '4711';
  const kind = effect.of.split('/')[0] as CloudKind;
  if (effect.change === 'delete') return { port: 'cloud', op: 'delete', kind, id, name: '' };
  return { port: 'cloud', op: 'change', kind, id, change: effect.change as CloudChange };
};

const referred = (made: Made, { ref, attribute }: Reference): string => {
  const thing = made.get(ref);
  const value = attribute === 'id' ? thing?.id : thing?.outputs[attribute];
  return value ?? '4711';
};

const lookAround = async (cloud: CloudApi, made: Made): Promise<string[]> => {
  const items: AnyObservedItem[] = [];
  for (const kind of kinds) items.push(...(await cloud.list(kind)).items);
  for (const zone of items.filter(({ kind }) => kind === 'zone')) items.push(...(await cloud.listRrsets(zone)).items);
  const lines = items.filter(isWanted).map((item) => plainly(item, made));
  return lines.sort();
};
/** Records that a zone is born with are not asked about by anybody. */
const isWanted = (item: AnyObservedItem): boolean => item.kind !== 'rrset' || !['NS', 'SOA'].includes(item.facts.type);

/** Ids as addresses, addresses of the world as words, no times, no prices. */
const plainly = ({ kind, name, labels, facts }: AnyObservedItem, made: Made): string => {
  const addressOf = new Map([...made].map(([address, { id }]) => [id, address]));
  const text = JSON.stringify(sorted({ ...facts, labels }), (key, value) => {
    if (['fingerprint', 'targetHealth', 'notValidAfter', 'recordCount'].includes(key)) return undefined;
    if (/^ipv[46]$/.test(key)) return value === null ? null : key;
    if (key === 'certificates') return value.map((id: number) => addressOf.get(String(id)));
    if (key === 'records') return value.map((one: string) => (/^[\d.]+$/.test(one) ? 'an address' : one));
    if (key === 'networkId' || key === 'placementGroupId') return addressOf.get(value) ?? value;
    return /Ids$/.test(key) ? value.map((id: string) => addressOf.get(id)).sort() : value;
  });
  return `  ${kind} ${name} ${text}`;
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
};

test('the cloud of the simulation answers a script of calls as the emulator does, and shows the same afterwards', async () => {
  const [ours, theirs] = [await carryOut(simulated(), script), await carryOut(emulated(), script)];
  expect(ours).toEqual(theirs);
  // Or both understood nothing.
  expect(theirs.filter((line) => line.endsWith(': done')).length).toBeGreaterThan(40);
  expect(theirs.filter((line) => / (locked|in_use|protected)$/.test(line)).length).toBeGreaterThan(0);
});
