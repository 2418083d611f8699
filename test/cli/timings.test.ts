import { expect, test } from 'vitest';
import { printTimings } from '../../src/cli/print/timings.ts';
import type { StepTiming } from '../../src/ports/session.ts';

const layout = { width: 80, paint: (_style: unknown, text: string) => text, verbose: false };
const timing = (step: string, startedMs: number, elapsedMs: number, dependsOn: string[] = []): StepTiming => ({
  step,
  startedMs,
  elapsedMs,
  dependsOn,
  parts: [],
});

test('a run tells the chain of steps that its end had to wait for, and what each was made of', () => {
  const boot = {
    ...timing('await-boot server/production-2', 1_500, 12_000, ['create server/production-2']),
    parts: [
      { what: 'packages', ms: 3_000 },
      { what: 'downloads', ms: 6_500 },
      { what: 'done', ms: 4 },
    ],
  };
  const timings = [
    timing('create network/production', 0, 500),
    timing('create server/production-1', 500, 900, ['create network/production']),
    timing('create server/production-2', 500, 1_000, ['create network/production']),
    timing('await-boot server/production-1', 1_400, 9_000, ['create server/production-1']),
    boot,
    timing('await-ready cluster/production', 13_500, 4_000, [
      'await-boot server/production-1',
      'await-boot server/production-2',
    ]),
  ];
  expect(printTimings(timings, layout)).toEqual([
    'where the time went, along the steps that the end had to wait for:',
    '  0.5 s  create network/production',
    '  1.0 s  create server/production-2',
    '   12 s  await-boot server/production-2: downloads 6.5 s, packages 3.0 s',
    '  4.0 s  await-ready cluster/production',
  ]);
});

test('a run that was over in a moment tells nothing', () => {
  expect(printTimings([timing('set-rules firewall/production', 0, 80)], layout)).toEqual([]);
});
