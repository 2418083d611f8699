import { describe, expect, test } from 'vitest';
import { CodeHostError } from '../../src/domain/errors.ts';
import { resultOf } from '../../src/preview/context.ts';
import { createScene, day, hour, minute, type Scene, shaOf } from './model/scene.ts';

const eve = { login: 'eve', association: 'CONTRIBUTOR' } as const;
const asks = (scene: Scene): readonly string[] => scene.host.calls.filter((call) => call.startsWith('reviewedAt'));
const opened = async (policy: Parameters<typeof createScene>[0], numbers = [7]): Promise<Scene> => {
  const scene = createScene(policy);
  for (const number of numbers) {
    await scene.event(number, 'opened');
    scene.pass(minute);
  }
  return scene;
};
const refuses = (scene: Scene): void => {
  scene.host.fails = (call) => {
    if (call.startsWith('reviewedAt')) throw new CodeHostError(`${call}: 503`, { kind: 'unreachable' });
  };
};

describe('no event tells of reviews', () => {
  test('a preview that is reviewed every other day stays for weeks, and goes three days after the last time', async () => {
    const scene = await opened({ ttlMs: 3 * day });
    for (let days = 0; days < 20; days += 2) {
      scene.pass(2 * day);
      scene.review(7);
      scene.pass(12 * hour);
      await scene.life.sweep();
      expect(scene.exists()).toEqual(['pr-7']);
    }
    scene.pass(3 * day);
    await scene.life.sweep();
    expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('destroyed: expired')]);
  });

  test('the host is asked only when its time is over, once; what it says is remembered and shown', async () => {
    const scene = await opened({ ttlMs: 3 * day });
    scene.pass(2 * day);
    scene.review(7);
    await scene.life.sweep();
    expect(asks(scene)).toEqual([]);
    scene.pass(day);
    await scene.life.sweep();
    expect(asks(scene)).toEqual(['reviewedAt 7']);
    const [{ at } = { at: '' }] = scene.host.reviews;
    expect(scene.world.records.get('pr-7')).toMatchObject({ reviewedAt: at, activityAt: at });
    await scene.life.sweep();
    expect(asks(scene)).toHaveLength(1);
  });

  test('a review of long ago, of which nobody knew, changes nothing', async () => {
    const scene = await opened({ ttlMs: 3 * day });
    scene.review(7);
    scene.pass(4 * day);
    const report = await scene.life.sweep();
    expect([scene.exists(), report.problems, asks(scene)]).toEqual([[], [], ['reviewedAt 7']]);
  });

  test.each(['server', 'pool'] as const)(
    'idle in mode %s: it does not stop while somebody reviews it',
    async (mode) => {
      const scene = await opened({ mode, idleStopMs: 8 * hour });
      scene.pass(7 * hour);
      scene.review(7);
      scene.pass(2 * hour);
      await scene.life.sweep();
      expect(scene.world.calls).not.toContain('stop 7');
      expect(scene.comment(7)).toContain('running aaaaaaa');
      scene.pass(7 * hour);
      await scene.life.sweep();
      expect(scene.world.calls).toContain('stop 7');
    },
  );

  test('at the cap whoever is reviewed makes no room, the next one does, in the same run', async () => {
    const scene = await opened({ max: 3, atCap: 'evict-oldest-idle' }, [1, 2, 3]);
    scene.pass(3 * hour);
    scene.review(1);
    await scene.event(4, 'opened');
    expect(scene.exists()).toEqual(['pr-1', 'pr-3', 'pr-4']);
    expect(asks(scene)).toEqual(['reviewedAt 1', 'reviewedAt 2']);
    expect(scene.comment(2)).toContain('made room for pr-4');
  });

  test('all are reviewed: the one too many waits, and is served a day after the first of them was left alone', async () => {
    const scene = await opened({ max: 2, atCap: 'evict-oldest-idle' }, [1, 2]);
    scene.pass(3 * hour);
    scene.review(1);
    scene.pass(minute);
    scene.review(2);
    await scene.event(4, 'opened');
    expect([scene.exists(), scene.comment(4)]).toEqual([
      ['pr-1', 'pr-2'],
      expect.stringContaining('waiting-for-place'),
    ]);
    scene.pass(day);
    await scene.life.sweep();
    expect(scene.exists()).toEqual(['pr-2', 'pr-4']);
  });
});

describe('who does not belong to the repository', () => {
  test('keeps nothing alive by reviewing, heard or unheard', async () => {
    const scene = await opened({ ttlMs: 3 * day, idleStopMs: 2 * day, mode: 'pool' });
    scene.pass(2 * day - hour);
    scene.review(7, eve);
    await scene.reviewEvent(7, eve);
    expect(scene.world.records.get('pr-7')?.reviewedAt).toBeUndefined();
    scene.pass(2 * hour);
    await scene.life.sweep();
    expect(scene.world.calls).toContain('stop 7');
    scene.review(7, eve);
    scene.pass(day);
    await scene.life.sweep();
    expect(scene.comment(7)).toContain('destroyed: expired');
  });

  test('keeps no place by commenting, not even on a pull request of their own', async () => {
    const scene = createScene({ ttlMs: 3 * day });
    await scene.event(7, 'opened', { author: eve, headRepository: 'eve/shop' });
    await scene.say(7, 'ada', `/deploy ${shaOf('a')}`);
    for (const [id, body] of ['/extend 7d', '/status', '/deplyo', 'still at it'].entries()) {
      scene.pass(18 * hour);
      await scene.say(7, 'eve', body, 500 + id);
    }
    await scene.life.sweep();
    expect(scene.exists()).toEqual([]);
  });
});

describe('the host does not say', () => {
  test.each([
    ['expired', 4 * day],
    ['idle', 9 * hour],
  ])('%s: nothing goes by age alone; told, and tried again by the next sweep', async (because, age) => {
    const scene = await opened({ ttlMs: 3 * day, idleStopMs: 8 * hour });
    scene.pass(age);
    refuses(scene);
    const report = await scene.life.sweep();
    expect([scene.exists(), resultOf(report)]).toEqual([['pr-7'], 'failed']);
    expect(report.problems.map(({ message }) => message)).toEqual([
      'reviewedAt 7: 503',
      `pr-7 should go (${because}), and was left as it is: nobody could say whether it is being reviewed`,
    ]);
    scene.host.fails = () => {};
    await scene.life.sweep();
    expect(scene.exists()).toEqual([]);
  });

  test('nobody makes room for another, who waits and is told why', async () => {
    const scene = await opened({ max: 1, atCap: 'evict-oldest-idle' }, [1]);
    scene.pass(3 * hour);
    refuses(scene);
    const report = await scene.event(2, 'opened');
    expect([scene.exists(), resultOf(report)]).toEqual([['pr-1'], 'failed']);
    expect(scene.comment(2)).toMatch(/waiting-for-place[\s\S]*nobody could say whether it is being reviewed/);
    scene.host.fails = () => {};
    await scene.life.sweep();
    expect(scene.exists()).toEqual(['pr-2']);
  });

  test('what is closed goes without that question', async () => {
    const scene = await opened({ ttlMs: 3 * day });
    scene.pass(4 * day);
    refuses(scene);
    const report = await scene.event(7, 'closed', { state: 'closed' });
    expect([scene.exists(), report.problems, asks(scene)]).toEqual([[], [], []]);
  });
});

test('a removal that was begun is ended, whoever reviews what is left of it', async () => {
  const scene = await opened({ ttlMs: 3 * day });
  scene.pass(4 * day);
  scene.world.fails = (what) => (what === 'destroy' ? 'server/pr-7: locked' : null);
  await scene.life.sweep();
  scene.review(7);
  scene.world.fails = () => null;
  await scene.life.sweep();
  expect(scene.exists()).toEqual([]);
});
