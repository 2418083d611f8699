import { expect, test } from 'vitest';
import { missing } from '../../src/cluster/ready.ts';
import type { ObservedNode } from '../../src/domain/observation.ts';
import { clusterOf, nameOf } from '../support/machines.ts';

const node = (n: number, change: Partial<ObservedNode> = {}): ObservedNode => ({
  id: `id-${n}`,
  name: nameOf(n),
  status: 'ready',
  eligible: true,
  seesConsul: true,
  ...change,
});
const names = [nameOf(1), nameOf(2), nameOf(3)];
const system = { leader: '10.0.1.11:4647', voters: names, version: '1' };
const well = { consul: system, nomad: system, nodes: [node(1), node(2), node(3)] };
const { spec } = clusterOf(3);

test('nothing is missing when both systems have a leader, every voter, and every node is usable', () => {
  expect(missing(spec, well)).toEqual([]);
});

test.each([
  ['no leader', { ...well, nomad: { ...system, leader: null } }, ['Nomad has no leader']],
  [
    'three voters of which one is a stranger',
    { ...well, consul: { ...system, voters: [nameOf(1), nameOf(2), 'old-3'] } },
    ['Consul lacks the healthy voter aipacto-production-3'],
  ],
  ['a node that never came', { ...well, nodes: [node(1), node(2)] }, ['node aipacto-production-3 is not registered']],
  [
    'a node down',
    { ...well, nodes: [node(1), node(2), node(3, { status: 'down' })] },
    ['node aipacto-production-3 is down'],
  ],
  [
    'a node set aside',
    { ...well, nodes: [node(1), node(2), node(3, { eligible: false })] },
    ['node aipacto-production-3 is not eligible'],
  ],
  [
    'a node blind to Consul',
    { ...well, nodes: [node(1), node(2), node(3, { seesConsul: false })] },
    ['node aipacto-production-3 does not see Consul yet'],
  ],
] as const)('%s is said by name', (_title, facts, expected) => {
  expect(missing(spec, facts)).toEqual(expected);
});

test('the ghost of a wiped server does not count, nor does it vouch for its successor', () => {
  const ghost = node(3, { id: 'ghost', status: 'down' });
  expect(missing(spec, { ...well, nodes: [node(3), node(2), node(1), ghost] })).toEqual([]);
  const coming = node(3, { status: 'initializing' });
  const living = node(3, { id: 'ghost' });
  expect(missing(spec, { ...well, nodes: [coming, node(2), node(1), living] })).toEqual([
    'node aipacto-production-3 is initializing',
  ]);
});
