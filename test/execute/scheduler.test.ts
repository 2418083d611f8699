import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.ts';
import { createSchedule } from '../../src/execute/scheduler.ts';
import { step } from '../support/plans.ts';

const make = (id: string, dependsOn: string[] = [], estimateMs = 1_000): Step =>
  step(id, { port: 'state', op: 'forget' }, { dependsOn, estimateMs });
const always = () => true;
const takeAll = (schedule: ReturnType<typeof createSchedule>): string[] => {
  const taken: string[] = [];
  for (let next = schedule.take(always); next !== undefined; next = schedule.take(always)) taken.push(next.id);
  return taken;
};

test('the step with the longest way still to go comes first, not the one that is first in the plan', () => {
  const schedule = createSchedule([
    make('short', [], 5_000),
    make('long', [], 1_000),
    make('after long', ['long'], 30_000),
    make('middle', [], 9_000),
  ]);
  expect(takeAll(schedule)).toEqual(['long', 'middle', 'short']);
});

test('a failure skips everything behind it, each step once and with the step it needed, and nothing else', () => {
  const root = make('root');
  const schedule = createSchedule([
    root,
    make('child', ['root']),
    make('grandchild', ['child', 'root']),
    make('other'),
  ]);
  expect(takeAll(schedule)).toEqual(['root', 'other']);
  expect(schedule.failed(root, 'failed').map(({ step: { id }, because }) => `${id}: ${because}`)).toEqual([
    'child: it needs "root", which failed',
    'grandchild: it needs "root", which failed',
  ]);
  expect(schedule.rest()).toEqual([]);
});

test.each([
  [
    'a step that is not there',
    [make('a', ['b'])],
    `the plan can't be carried out: "a" needs "b", which is not in the plan`,
  ],
  [
    'a circle',
    [make('a', ['b']), make('b', ['a'])],
    `the plan can't be carried out: "a" needs itself, in a circle of steps`,
  ],
  ['one name twice', [make('a'), make('a')], `the plan can't be carried out: two steps are called "a"`],
])('a plan with %s is refused before anything starts', (_title, steps, message) => {
  expect(() => createSchedule(steps)).toThrow(message);
});

test('in any graph: every step is taken once, after all that it needs, whatever order they end in', () => {
  const graphs = fc.integer({ min: 1, max: 25 }).chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, n) =>
        fc.tuple(
          fc.integer({ min: 1, max: 9 }),
          fc.subarray(
            Array.from({ length: n }, (_, m) => m),
            { maxLength: Math.min(n, 3) },
          ),
        ),
      ),
    ),
  );
  fc.assert(
    fc.property(graphs, fc.infiniteStream(fc.nat({ max: 99 })), (nodes, picks) => {
      const steps = nodes.map(([ms, needs], n) =>
        make(
          `s${n}`,
          needs.map((m) => `s${m}`),
          ms,
        ),
      );
      const schedule = createSchedule(steps);
      const done = new Set<string>();
      const running: Step[] = [];
      for (;;) {
        for (let next = schedule.take(always); next !== undefined; next = schedule.take(always)) {
          expect(next.dependsOn.every((id) => done.has(id))).toBe(true);
          running.push(next);
        }
        const [ended] = running.splice((picks.next().value ?? 0) % Math.max(1, running.length), 1);
        if (ended === undefined) break;
        expect(done.has(ended.id)).toBe(false);
        done.add(ended.id);
        schedule.succeeded(ended);
      }
      expect(done.size).toBe(steps.length);
    }),
    { numRuns: 200 },
  );
});
