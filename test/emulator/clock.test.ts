import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createWallClock } from '../../src/emulator/wall-clock.ts';

test('sleepers wake in the order of their times, an hour takes no time, and each sees its own moment', async () => {
  const clock = createVirtualClock(0);
  const woken: string[] = [];
  const sleeper = async (name: string, ...naps: number[]): Promise<void> => {
    for (const ms of naps) {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.now()}`);
    }
  };
  const began = performance.now();
  await Promise.all([sleeper('slow', 3_600_000), sleeper('a', 500, 500), sleeper('b', 700)]);
  expect(woken).toEqual(['a@500', 'b@700', 'a@1000', 'slow@3600000']);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a thousand naps in a row all end: no wake-up is lost', async () => {
  const clock = createVirtualClock(0);
  for (let nap = 0; nap < 1_000; nap += 1) await clock.sleep(10);
  expect(clock.now()).toBe(10_000);
});

test('an aborted sleeper rejects with the reason and time does not move for it', async () => {
  const clock = createVirtualClock(0);
  const stop = new AbortController();
  const long = clock.sleep(60_000, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(long).rejects.toThrow('stopped');
  await expect(clock.sleep(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  await clock.sleep(5);
  expect(clock.now()).toBe(5);
});

test('held, it stands still; let go, it moves on', async () => {
  const clock = createVirtualClock(0);
  const release = clock.hold();
  let awake = false;
  const slept = clock.sleep(10).then(() => {
    awake = true;
  });
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
  expect([awake, clock.now()]).toEqual([false, 0]);
  release();
  release();
  await slept;
  expect(clock.now()).toBe(10);
});

test('advancing by hand wakes who is due', async () => {
  const clock = createVirtualClock(0);
  const release = clock.hold();
  const slept = clock.sleep(10);
  clock.advance(10);
  await slept;
  release();
});

test('the wall clock runs at its speed, from its offset, and never goes back', () => {
  const clock = createWallClock({ speed: 1, offset: 86_400_000 });
  expect(clock.now()).toBeGreaterThanOrEqual(Date.now() + 86_399_000);
  clock.reach(clock.now() - 5_000);
  const before = clock.now();
  clock.reach(before + 5_000);
  expect(clock.now()).toBeGreaterThanOrEqual(before + 5_000);
});
