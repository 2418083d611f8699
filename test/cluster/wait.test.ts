import { expect, test } from 'vitest';
import { FatalProbeError, type Probed, waitFor } from '../../src/cluster/wait.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';

const setUp = () => {
  const clock = createVirtualClock(0);
  const said: string[] = [];
  const looks: number[] = [];
  const stop = new AbortController();
  const run = (probe: () => Probed<string>, more: { deadlineMs?: number; patienceMs?: number } = {}) =>
    waitFor<string>({
      clock,
      random: seededRandom(1),
      signal: stop.signal,
      deadlineMs: 600_000,
      describe: 'the kettle',
      next: 'look at the stove',
      progress: (detail) => void said.push(detail),
      probe: async () => {
        looks.push(clock.now());
        return probe();
      },
      ...more,
    });
  return { clock, said, looks, stop, run };
};

test('looks often at first and once a second later, and says only what changed', async () => {
  const { clock, said, looks, run } = setUp();
  const probe = (): Probed<string> =>
    clock.now() < 10_000
      ? { done: false, detail: clock.now() < 5_000 ? 'cold' : 'warm' }
      : { done: true, value: 'tea' };
  expect(await run(probe)).toBe('tea');
  expect(said).toEqual(['cold', 'warm']);
  expect(looks.slice(0, 3).map((at) => Math.round(at / 100))).toEqual([0, 3, 6]);
  expect(clock.now()).toBeLessThan(11_100);
});

test('ends at its deadline with the bound, what was missing and what to do next', async () => {
  const { clock, run } = setUp();
  await expect(run(() => ({ done: false, detail: 'cold' }))).rejects.toMatchObject({
    name: 'DeadlineError',
    message: 'waited 10 min for the kettle; last seen: cold',
    next: 'look at the stove',
  });
  expect(clock.now()).toBe(600_000);
});

test('waits a passing error out, and gives up on one that stays', async () => {
  const { clock, run } = setUp();
  const flaky = (): Probed<string> => {
    if (clock.now() < 30_000) throw new Error('500');
    return { done: true, value: 'tea' };
  };
  expect(await run(flaky)).toBe('tea');
  const broken = (): Probed<string> => {
    throw new Error('500');
  };
  await expect(run(broken)).rejects.toThrow('waiting for the kettle met nothing but errors for 1 min; the last: 500');
});

test('errors with a good look between them are not one long error', async () => {
  const { clock, run } = setUp();
  let turn = 0;
  const probe = (): Probed<string> => {
    turn += 1;
    if (clock.now() > 200_000) return { done: true, value: 'tea' };
    if (turn % 20 === 0) return { done: false, detail: 'cold' };
    throw new Error('500');
  };
  expect(await run(probe)).toBe('tea');
});

test('a fatal error ends the wait at once', async () => {
  const { clock, run } = setUp();
  const fatal = (): Probed<string> => {
    throw new FatalProbeError('it melted');
  };
  await expect(run(fatal)).rejects.toThrow('it melted');
  expect(clock.now()).toBe(0);
});

test('an interrupted wait ends with the reason', async () => {
  const { stop, run } = setUp();
  const waiting = run(() => {
    stop.abort(new Error('SIGINT'));
    return { done: false, detail: 'cold' };
  });
  await expect(waiting).rejects.toThrow('SIGINT');
});
