import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CloudError, NoReplyError } from '../../src/domain/errors.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createActionWaiter } from '../../src/execute/action-waiter.ts';
import { dueAfter } from '../../src/execute/poll-times.ts';
import type { HetznerAction } from '../../src/ports/cloud-api.ts';

type Answer = (ids: readonly number[], seconds: number) => readonly HetznerAction[];
const action = (id: number, status: HetznerAction['status'] = 'running', progress = 40): HetznerAction => ({
  id,
  command: 'create_server',
  status,
  progress,
  error: status === 'error' ? { code: 'action_failed', message: '' } : null,
});

const createTrial = (answer: Answer, boundMs?: number) => {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const stop = new AbortController();
  const polls: string[] = [];
  const cloud = {
    actions: async (ids: readonly number[]) => {
      const seconds = (clock.now() - startedAt) / 1000;
      polls.push(`${seconds}: ${ids.join(' ')}`);
      return answer(ids, seconds);
    },
  };
  const waiter = createActionWaiter({
    cloud,
    clock,
    signal: stop.signal,
    ...(boundMs === undefined ? {} : { boundMs }),
  });
  const progress: string[] = [];
  const wait = (ids: number[], estimateMs: number, step = 'create server/production-1') =>
    waiter.wait(ids, { step, estimateMs, next: 'reconcile production', progress: (detail) => progress.push(detail) });
  return { clock, polls, stop, wait, progress };
};
const doneAt =
  (times: Record<number, number>): Answer =>
  (ids, seconds) =>
    ids.map((id) => action(id, seconds >= (times[id] ?? 0) ? 'success' : 'running'));

test('says at once what it waits for, asks near the estimate first, then every half second and slower', async () => {
  const { polls, wait, progress } = createTrial(doneAt({ 1: 14 }));
  await wait([1], 8_000);
  expect(polls).toEqual(['5.6: 1', '8: 1', '8.5: 1', '9.3: 1', '10.5: 1', '12.2: 1', '14.2: 1']);
  expect(progress.slice(0, 2)).toEqual(['Hetzner action 1', 'Hetzner action create_server, 40 %']);
});

test('whoever waits is asked for in the same call, and leaves when its own actions are done', async () => {
  const { polls, wait } = createTrial(doneAt({ 1: 3, 2: 5, 3: 5 }));
  await Promise.all([wait([1], 3_000), wait([2, 3], 5_000)]);
  expect(polls).toEqual(['3: 1 2 3', '3.5: 2 3', '5: 2 3']);
});

test('a step that begins to wait later, for something quick, does not wait for the slow one', async () => {
  const { clock, polls, wait } = createTrial(doneAt({ 1: 60, 2: 2 }));
  const slow = wait([1], 60_000);
  await clock.sleep(1_000);
  await wait([2], 1_000);
  expect(polls.at(-1)).toBe('2: 1 2');
  await slow;
});

test('waits one after another are each looked after, also right after the last one ended', async () => {
  const { wait, polls } = createTrial(doneAt({}));
  for (const id of [1, 2, 3]) await wait([id], 1_000);
  expect(polls).toEqual(['1: 1', '2: 2', '3: 3']);
});

test('an action that ends in error names itself, its id and its code; others go on', async () => {
  const { wait } = createTrial((ids) => ids.map((id) => action(id, id === 1 ? 'error' : 'success')));
  const other = wait([2], 1_000);
  await expect(wait([1], 1_000)).rejects.toMatchObject({
    name: 'HetznerActionError',
    message: 'Hetzner action create_server (id 1) ended in error: action_failed',
    code: 'action_failed',
    next: 'reconcile production',
  });
  await other;
});

test('an action that never ends meets the bound, which is in the message', async () => {
  const { wait, clock } = createTrial((ids) => ids.map((id) => action(id)));
  const startedAt = clock.now();
  await expect(wait([7], 8_000)).rejects.toMatchObject({
    name: 'DeadlineError',
    message: 'create server/production-1: Hetzner action create_server (id 7) was not done after 15 min (the bound)',
  });
  expect(clock.now() - startedAt).toBeLessThan(16 * 60_000);
});

test('an API that does not answer is asked again, and given up on after five times', async () => {
  const { wait, polls } = createTrial(() => {
    throw new NoReplyError('no reply from api.hetzner.cloud');
  });
  await expect(wait([1], 1_000)).rejects.toThrow('no reply from api.hetzner.cloud');
  expect(polls).toHaveLength(5);
});

test('an action Hetzner does not know fails its own step only', async () => {
  const { wait } = createTrial((ids) => {
    if (!ids.includes(1)) return ids.map((id) => action(id, 'success'));
    throw new CloudError('Hetzner does not know the actions 1', { code: 'not_found', status: 200, retryable: false });
  });
  const other = wait([2], 1_000);
  await expect(wait([1], 1_000)).rejects.toThrow('Hetzner does not know the actions 1');
  await other;
});

test('told to stop, every wait ends at once', async () => {
  const { wait, stop, clock } = createTrial((ids) => ids.map((id) => action(id)));
  const waits = [wait([1], 60_000), wait([2], 60_000)];
  await clock.sleep(1_000);
  const at = clock.now();
  stop.abort();
  for (const one of waits) await expect(one).rejects.toMatchObject({ name: 'Stopped' });
  expect(clock.now()).toBe(at);
});

test('whatever the estimate and the duration: seen done at most 2.1 s or a tenth late, and few questions a minute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 600_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      (estimateMs, durationMs) => {
        let polls = 0;
        let now = 0;
        do {
          const due = dueAfter(0, estimateMs, polls, now);
          expect(due).toBeGreaterThan(now);
          now = due;
          polls += 1;
        } while (now < durationMs);
        const expected = Math.max(
          durationMs,
          estimateMs * (durationMs < estimateMs * 0.7 && estimateMs > 4_000 ? 0.7 : 1),
          500,
        );
        expect(now - expected).toBeLessThanOrEqual(Math.max(2_100, durationMs / 10));
        expect(polls).toBeLessThanOrEqual(4 + Math.max(0, durationMs - estimateMs) / 1_000);
      },
    ),
  );
});
