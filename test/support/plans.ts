import type { Address } from '../../src/domain/address.ts';
import { addressToLabel } from '../../src/domain/labels.ts';
import type { AnyCloudResource, CloudChange, Effect, Plan, Step } from '../../src/domain/plan.ts';
import { summarize } from '../../src/domain/plan.ts';

/** Builders of steps and plans for tests of the executor: addresses name everything, the rest is the least that works. */
export const step = (id: string, effect: Effect, more: Partial<Step> = {}): Step => ({
  id,
  address: (id.split(' ')[1] ?? id) as Address,
  effect,
  dependsOn: [],
  estimateMs: 3_000,
  ...more,
});

export const labelsOf = (address: Address, run = 'run-1') => ({
  project: 'aipacto',
  environment: 'production',
  'environment-type': 'production',
  address: addressToLabel(address),
  run,
});

/** `server/production-1` is called `aipacto-production-1`. */
export const nameFor = (address: Address): string => `aipacto-${address.slice(address.indexOf('/') + 1)}`;

export const create = (address: Address, more: Partial<Step> = {}, run = 'run-1'): Step => {
  const kind = address.slice(0, address.indexOf('/'));
  const resource = {
    kind,
    address,
    name: nameFor(address),
    labels: labelsOf(address, run),
    spec: {},
    dependsOn: [],
    fingerprint: 'f',
    scope: 'environment',
  };
  return step(
    `create ${address}`,
    { port: 'cloud', op: 'create', resource: resource as unknown as AnyCloudResource },
    more,
  );
};

export const change = (address: Address, wanted: CloudChange, more: Partial<Step> & { id?: string } = {}): Step => {
  const kind = address.slice(0, address.indexOf('/')) as AnyCloudResource['kind'];
  return step(`${wanted.op} ${address}`, { port: 'cloud', op: 'change', kind, id: null, change: wanted }, more);
};

export const planOf = (steps: readonly Step[], more: Partial<Plan> = {}): Plan => {
  const addresses = [...new Set(steps.map(({ address }) => address))];
  const changes = addresses.map((address) => ({
    address,
    kind: address.slice(0, address.indexOf('/')) as AnyCloudResource['kind'],
    name: nameFor(address),
    action: 'create' as const,
    reasons: [],
    monthlyCents: { before: 0, after: 0 },
  }));
  return {
    formatVersion: 1,
    project: 'aipacto',
    environment: 'production',
    environmentType: 'production',
    intent: 'converge',
    run: 'run-1',
    createdAt: '2026-11-24T00:00:00.000Z',
    basis: { configHash: '', stateLineage: null, stateSerial: 0, observationHash: '' },
    changes,
    steps,
    summary: summarize(changes),
    notices: [],
    monthlyCents: { before: 0, after: 0 },
    requests: { read: 0, write: 0 },
    budget: null,
    ...more,
  };
};
