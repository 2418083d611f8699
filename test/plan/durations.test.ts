import { expect, test } from 'vitest';
import { criticalPathMs } from '../../src/domain/critical-path.ts';
import type { CloudChange, Step } from '../../src/domain/plan.ts';
import { durationOf } from '../../src/emulator/durations.ts';
import { estimateMs, requestMs } from '../../src/plan/durations.ts';
import { plan, production } from '../support/builders.ts';
import { standing } from '../support/drift.ts';
import { createModelWorld } from '../support/model-world.ts';

const commands: Readonly<Partial<Record<CloudChange['op'], string>>> = {
  'power-on': 'start_server',
  'power-off': 'stop_server',
  rebuild: 'rebuild_server',
  'change-type': 'change_server_type',
  'attach-network': 'attach_to_network',
  'detach-network': 'detach_from_network',
  'set-backups': 'enable_backup',
  'add-to-placement-group': 'add_to_placement_group',
  'remove-from-placement-group': 'remove_from_placement_group',
  'add-subnet': 'add_subnet',
  'delete-subnet': 'delete_subnet',
  'add-route': 'add_route',
  'delete-route': 'delete_route',
  'change-ip-range': 'change_ip_range',
  'set-rules': 'set_firewall_rules',
  'apply-firewall': 'apply_firewall',
  'remove-firewall': 'remove_firewall',
  'set-records': 'set_rrset_records',
  'retry-certificate': 'issue_certificate',
};

test.each(Object.entries(commands))('%s is estimated as the emulator takes for %s', (op, command) => {
  const change = { op } as CloudChange;
  const estimate = estimateMs({ port: 'cloud', op: 'change', kind: 'server', id: '1', change });
  expect(estimate - requestMs).toBe(durationOf(command));
});

test.each([
  ['server', 'create_server'],
  ['load-balancer', 'create_load_balancer'],
  ['certificate', 'create_certificate'],
  ['zone', 'create_zone'],
  ['rrset', 'create_rrset'],
] as const)('a new %s is estimated as %s', (kind, command) => {
  const resource = { kind } as never;
  expect(estimateMs({ port: 'cloud', op: 'create', resource }) - requestMs).toBe(durationOf(command));
});

test('the critical path of a first run is one server, its boot, the cluster and a job', () => {
  const { steps } = plan(createModelWorld());
  const ids = [
    'create network/production',
    'create server/production-1',
    'attach-network server/production-1',
    'power-on server/production-1',
    'await-boot server/production-1',
    'await-ready cluster/production',
    'submit job/web',
  ];
  const chain = ids.map((id) => steps.find((step) => step.id === id)?.estimateMs ?? Number.NaN);
  expect(criticalPathMs(steps)).toBe(chain.reduce((sum, ms) => sum + ms, 0));
});

/** The longest chain counted from its start, step by step as the planner sorts them: the other way round than domain's. */
const forwards = (steps: readonly Step[]): number => {
  const ends = new Map<string, number>();
  for (const step of steps) {
    const start = Math.max(0, ...step.dependsOn.map((id) => ends.get(id) ?? 0));
    ends.set(step.id, start + step.estimateMs);
  }
  return Math.max(0, ...ends.values());
};

test('the critical path is the same counted forwards and backwards', () => {
  const rolling = production((environment) => ({
    ...environment,
    versions: { ...environment.versions, consul: '1.20.6' },
  }));
  for (const { steps } of [
    plan(createModelWorld()),
    plan(standing(), { environment: rolling }),
    plan(standing(), { intent: 'destroy' }),
    plan(standing()),
  ])
    expect(criticalPathMs(steps)).toBe(forwards(steps));
});
