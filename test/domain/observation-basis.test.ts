import { expect, test } from 'vitest';
import { canonicalText } from '../../src/domain/fingerprint.ts';
import type { AnyObservedItem, Observation } from '../../src/domain/observation.ts';
import { observationBasis } from '../../src/domain/observation-basis.ts';
import { item, ownServer, prices } from '../observe/kit.ts';

const observationOf = (items: readonly AnyObservedItem[], over: Partial<Observation> = {}): Observation => ({
  at: '2026-11-24T00:00:00.000Z',
  lists: { server: { complete: true } },
  items,
  prices,
  catalogue: null,
  cluster: null,
  requests: { read: 12, write: 0 },
  budget: null,
  ...over,
});
const basis = (observation: Observation) => canonicalText(observationBasis(observation));
const zone = (recordCount: number) =>
  item('zone', '77', 'aipacto.com', { ttlSeconds: 3600, deleteProtection: false, recordCount });
const first = observationOf([ownServer(), zone(5)]);

test('what changes by itself is not in the basis: time, order, requests, locks, numbers of records', () => {
  const later = observationOf([zone(6), ownServer({ locked: true })], {
    at: '2026-11-25T00:00:00.000Z',
    requests: { read: 14, write: 3 },
    budget: { limit: 3600, remaining: 3, resetAt: '' },
    prices: { ...prices, vatRate: '19.00' },
    cluster: { reachable: false, because: 'nobody' },
  });
  expect(basis(later)).toBe(basis(first));
});

test.each([
  ['a type', observationOf([ownServer({ type: 'cx33' }), zone(5)])],
  ['a label', observationOf([ownServer({}, { extra: 'x' }), zone(5)])],
  [
    'an object more',
    observationOf([ownServer(), zone(5), item('volume', '1', 'v', { sizeGb: 10, serverId: null, location: 'nbg1' })]),
  ],
  ['an object less', observationOf([ownServer()])],
  ['a list that is incomplete', { ...first, lists: { server: { complete: false, because: 'x' } } }],
])('%s that changed is in the basis', (_, observation) => {
  expect(basis(observation)).not.toBe(basis(first));
});
