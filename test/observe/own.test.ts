import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnyObservedItem } from '../../src/domain/observation.ts';
import { ownershipOf } from '../../src/domain/ownership.ts';
import type { StateFile } from '../../src/domain/statefile.ts';
import { ownItems } from '../../src/observe/own.ts';
import { item, serverFacts } from './kit.ts';

const few = (...values: readonly (string | undefined)[]) => fc.constantFrom(...values);
const someItem: fc.Arbitrary<AnyObservedItem> = fc
  .record({
    id: few('1', '2', '3'),
    name: few('a', 'b'),
    project: few('aipacto', 'other', undefined),
    environment: few('production', 'staging', 'shared', undefined),
    address: few('server.production-1', 'server.production-2', 'rrset.x.at.A', 'nonsense', undefined),
  })
  .map(({ id = '', name = '', ...labels }) =>
    item('server', id, name, serverFacts(), JSON.parse(JSON.stringify(labels)) as Record<string, string>),
  );
const state: fc.Arbitrary<StateFile | null> = fc.option(
  fc.record({ id: few('1', '2'), name: few('a', 'b') }).map(
    ({ id, name }) =>
      ({
        resources: { 'server/production-2': { kind: 'server', id, name, createdAt: '2026-11-23T10:00:00.000Z' } },
      }) as unknown as StateFile,
  ),
);

test('property: what is ours is judged exactly as ownershipOf judges it', () => {
  fc.assert(
    fc.property(fc.array(someItem, { maxLength: 8 }), state, (items, remembered) => {
      const basis = {
        project: 'aipacto',
        environment: 'production',
        known: ['server/production-1', 'rrset/x/@/A', 'server/production-2'] as const,
        state: remembered,
      };
      const expected = items.flatMap((one) => {
        const { ownership, address } = ownershipOf(one, basis);
        return ownership === 'ours' ? [{ item: one, address }] : [];
      });
      expect(ownItems(items, basis)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
