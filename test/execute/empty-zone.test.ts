import { expect, test } from 'vitest';
import { CloudError } from '../../src/domain/errors.ts';
import type { AnyObservedItem } from '../../src/domain/observation.ts';
import { refuseUsedZone } from '../../src/execute/empty-zone.ts';
import type { Listing } from '../../src/ports/cloud-api.ts';

const record = (name: string, type: string): AnyObservedItem => ({
  ...{ kind: 'rrset', id: `1/${name}/${type}`, name: `${name}/${type}`, labels: {}, createdAt: '2026-11-24T00:00:00Z' },
  facts: { zone: 'example.com', name, type, ttlSeconds: 300, records: [], changeProtection: false },
});
const removing = (list: () => Promise<Listing>) => {
  const effect = { port: 'cloud', op: 'delete', kind: 'zone', id: '1', name: 'example.com' } as const;
  const context = { cloud: { listRrsets: list }, again: 'reconcile destroy staging' };
  return refuseUsedZone(effect, context as unknown as Parameters<typeof refuseUsedZone>[1]);
};
const own = [record('@', 'SOA'), record('@', 'NS')];

test('a zone with nothing but what Hetzner put there may go, and so may one that is gone already', async () => {
  await removing(async () => ({ items: own, complete: true }));
  await removing(async () => {
    throw new CloudError('not found', { code: 'not_found', status: 404, retryable: false });
  });
});

test('a record that appeared after the plan was made keeps it, and so does a list that broke off', async () => {
  const items = [...own, record('pr-7.pr', 'A'), record('team', 'NS')];
  await expect(removing(async () => ({ items, complete: true }))).rejects.toThrow(
    'zone example.com stays, because pr-7.pr/A, team/NS appeared in it after this plan was made',
  );
  await expect(removing(async () => ({ items: own, complete: false, because: 'page 2 failed' }))).rejects.toThrow(
    'zone example.com stays, because its records could not be listed: page 2 failed',
  );
});
