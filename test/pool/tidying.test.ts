import { describe, expect, test } from 'vitest';
import { endsSoon, type PoolServer, tidying, workerNumber, workerNumbers, workersFor } from '../../src/domain/pool.ts';

const config = {
  perServer: 6,
  serversMax: 3,
  cpuMhz: 1000,
  memoryMb: 768,
  wildcard: 'pr.example.com',
  tls: 'off',
} as const;
const hour = Date.parse('2026-11-24T12:00:00Z');
const at = (minute: number): number => hour + minute * 60_000;

describe('how many servers', () => {
  test.each([
    [0, 0],
    [1, 0],
    [6, 0],
    [7, 1],
    [12, 1],
    [13, 2],
    [100, 2],
  ])('%i previews at six a server, three at most: %i workers', (previews, workers) => {
    expect(workersFor(previews, config)).toBe(workers);
  });

  test('a number that was given back is given again, and none moves', () => {
    expect(workerNumbers([], 2)).toEqual([1, 2]);
    expect(workerNumbers([2], 2)).toEqual([1, 2]);
    expect(workerNumbers([3], 2)).toEqual([1, 3]);
    expect(workerNumbers([1, 2, 3], 1)).toEqual([1, 2, 3]);
    expect(workerNumber('aipacto-pool-worker-12')).toBe(12);
    expect(workerNumber('aipacto-pool-1')).toBeUndefined();
  });
});

describe('the last quarter of a paid hour', () => {
  test.each([
    [44, false],
    [45, true],
    [58, true],
    [59, false],
    [60, false],
    [105, true],
  ])('%i minutes old: %s', (minutes, soon) => {
    expect(endsSoon(new Date(hour).toISOString(), at(minutes))).toBe(soon);
  });
});

const server = (worker: number | null, more: Partial<PoolServer> = {}): PoolServer => ({
  name: worker === null ? 'pool-1' : `pool-worker-${worker}`,
  worker,
  createdAt: new Date(hour).toISOString(),
  busy: false,
  used: false,
  ...more,
});
const told = (servers: readonly PoolServer[], previews: number, minute: number): string => {
  const { all, remove, rebuild } = tidying({ servers, previews, now: at(minute) }, config);
  const names = (list: readonly PoolServer[]) => list.map(({ name }) => name).join(' ');
  return all
    ? 'all'
    : [`remove ${names(remove)}`, `rebuild ${names(rebuild)}`].filter((one) => /\w \w/.test(one)).join(', ');
};

describe('what a sweep does', () => {
  test('a worker that nobody is on is kept while its hour lasts, and goes at the end of it', () => {
    expect(told([server(null, { busy: true }), server(1)], 3, 30)).toBe('');
    expect(told([server(null, { busy: true }), server(1)], 3, 50)).toBe('remove pool-worker-1');
  });
  test('one that a preview has left gets a fresh disk at once, and goes all the same when its hour ends', () => {
    const left = [server(null, { busy: true }), server(1, { used: true })];
    expect(told(left, 3, 30)).toBe('rebuild pool-worker-1');
    expect(told(left, 3, 50)).toBe('remove pool-worker-1');
  });
  test('nothing is taken from under a preview', () => {
    expect(told([server(null, { busy: true }), server(1, { busy: true, used: true })], 1, 50)).toBe('');
  });
  test('a worker that the places still need stays, though nobody is on it yet', () => {
    expect(told([server(null, { busy: true }), server(1)], 7, 50)).toBe('');
  });
  test('of two that are spare only as many go as are not needed', () => {
    const three = [server(null, { busy: true }), server(1), server(2)];
    expect(told(three, 7, 50)).toBe('remove pool-worker-2');
    expect(told(three, 2, 50)).toBe('remove pool-worker-2 pool-worker-1');
  });
  test('each by its own hour', () => {
    const later = server(2, { createdAt: new Date(at(30)).toISOString() });
    expect(told([server(null, { busy: true }), server(1), later], 2, 50)).toBe('remove pool-worker-1');
  });
  test('the last server never goes while there is a preview, and at the end of its hour once there is none', () => {
    expect(told([server(null)], 1, 50)).toBe('');
    expect(told([server(null)], 0, 30)).toBe('');
    expect(told([server(null)], 0, 50)).toBe('all');
    expect(told([server(null, { busy: true })], 0, 50)).toBe('');
  });
  test('no server, nothing to do', () => {
    expect(told([], 0, 50)).toBe('');
  });
});
