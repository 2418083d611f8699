import { expect, test } from 'vitest';
import { ghostsOf } from '../../src/cluster/ready.ts';
import { unsettledJobs } from '../../src/cluster/settled.ts';
import type { ObservedJob } from '../../src/domain/observation.ts';

const job = (jobId: string, healthy: number, more: Partial<ObservedJob> = {}): ObservedJob =>
  ({
    jobId,
    wanted: 2,
    healthy,
    fingerprint: 'f',
    status: 'running',
    owner: 'aipacto/production',
    ...more,
  }) as ObservedJob;

test('while an instance that moved is still starting, the next server has to wait; a stranger’s job is not asked about', () => {
  expect(unsettledJobs([job('web', 1), job('api', 2), job('cron', 0, { fingerprint: null })], 5_000)).toBe(
    '1 of 2 instances of job web healthy',
  );
  expect(unsettledJobs([job('web', 2)], 5_000)).toBeUndefined();
});

test('a job that stays half there stops the roll; one that was down before does not', () => {
  expect(() => unsettledJobs([job('web', 1)], 120_000)).toThrow('another server gone would be too much');
  expect(unsettledJobs([job('web', 0)], 120_000)).toBeUndefined();
});

test('the node a wiped server left behind is a ghost once the new one is ready, not before', () => {
  const node = (id: string, status: 'ready' | 'down' | 'initializing') =>
    ({ id, name: 'production-1', status, eligible: true, seesConsul: true }) as const;
  expect(ghostsOf([node('new', 'ready'), node('old', 'ready'), node('older', 'down')])).toEqual(['old', 'older']);
  expect(ghostsOf([node('new', 'initializing'), node('old', 'ready')])).toEqual([]);
  expect(ghostsOf([node('only', 'down')])).toEqual([]);
});
