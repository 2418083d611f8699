import { expect, test } from 'vitest';
import { CodeHostError } from '../../src/domain/errors.ts';
import { resultOf } from '../../src/preview/context.ts';
import { createScene, day, hour, minute, type Scene, shaOf } from './model/scene.ts';

const down = new CodeHostError('GET /repos/acme/shop/pulls/7: 503', { kind: 'unreachable' });
const limited = new CodeHostError('GET /repos/acme/shop/pulls: 403, the limit is reached', { kind: 'rate-limited' });
const goesDown = (scene: Scene, when: (call: string) => boolean, error = down): void => {
  scene.host.fails = (call) => {
    if (when(call)) throw error;
  };
};

test('the code host is down: nothing is made, nothing destroyed, and the run ends with its words', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  goesDown(scene, () => true);
  for (const report of [
    await scene.event(7, 'closed', { state: 'closed' }),
    await scene.event(8, 'opened'),
    await scene.say(7, 'ada', '/destroy'),
    await scene.life.sweep(),
  ]) {
    expect(resultOf(report)).toBe('failed');
    expect(report.problems).toContain(down);
  }
  expect(scene.exists()).toEqual(['pr-7']);
  scene.host.fails = () => {};
  await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-8']);
});

test('it goes down between the decision and the first create: nothing is made, and the place is given back', async () => {
  const scene = createScene();
  let asked = 0;
  goesDown(scene, (call) => {
    asked += call === 'pullRequest 7' ? 1 : 0;
    return asked > 1;
  });
  const report = await scene.event(7, 'opened');
  expect([scene.exists(), scene.world.places.size]).toEqual([[], 0]);
  expect(report.problems).toContain(down);
});

test('it goes down while the server is made: what was made stays, and the next sweep says where it is', async () => {
  const scene = createScene();
  scene.meanwhile = (call) => {
    if (call === 'create pr-7') goesDown(scene, () => true);
  };
  const report = await scene.event(7, 'opened');
  expect([scene.exists(), resultOf(report)]).toEqual([['pr-7'], 'failed']);
  scene.meanwhile = undefined;
  scene.host.fails = () => {};
  await scene.life.sweep();
  expect(scene.comment(7)).toContain('running aaaaaaa');
  expect(scene.world.made.get('pr-7')?.times).toBe(1);
});

test('a comment that can not be written undoes no deploy; it is told, and written by the next look', async () => {
  const scene = createScene();
  const denied = new CodeHostError('POST /repos/acme/shop/issues/7/comments: 403', {
    kind: 'no-permission',
    permission: 'issues=write',
  });
  goesDown(scene, (call) => call.startsWith('putComment'), denied);
  const report = await scene.event(7, 'opened');
  expect([scene.exists(), report.problems]).toEqual([['pr-7'], [denied]]);
  expect([...scene.host.deployments.values()].map(({ state }) => state)).toEqual(['success']);
  scene.host.fails = () => {};
  scene.pass(minute);
  await scene.life.look(7);
  expect(scene.comment(7)).toContain('running aaaaaaa');
});

test('rate limited in the middle of a sweep: it asks no further, and destroys nothing on that account', async () => {
  const scene = createScene();
  for (const number of [1, 2, 3]) await scene.event(number, 'opened');
  for (const number of [1, 2, 3]) scene.pull(number, { state: 'closed' });
  scene.host.calls.length = 0;
  goesDown(scene, (call) => call === 'pullRequest 2', limited);
  const report = await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-2', 'pr-3']);
  expect(scene.host.calls).not.toContain('pullRequest 3');
  expect(report.problems).toContain(limited);
  expect(scene.world.calls).toContain('tidy');
});

test.each(["the code host's", "the cloud's"])(
  '%s list does not come whole: the sweep destroys nothing and says so',
  async (whose) => {
    const scene = createScene();
    for (const number of [1, 2, 3, 4]) await scene.event(number, 'opened');
    scene.pull(4, { state: 'closed' });
    scene.pull(1, { draft: true });
    scene.host.listIncomplete = whose === "the code host's";
    scene.world.cloudIncomplete = whose === "the cloud's";
    const report = await scene.life.sweep();
    expect(scene.exists()).toEqual(['pr-1', 'pr-2', 'pr-3', 'pr-4']);
    expect(report.problems.map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringContaining('did not come whole')]),
    );
    scene.host.listIncomplete = false;
    scene.world.cloudIncomplete = false;
    await scene.life.sweep();
    expect(scene.exists()).toEqual(['pr-2', 'pr-3']);
  },
);

test('the list is older than an event: what is open again by now is not destroyed', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  scene.pull(7, { draft: true });
  scene.meanwhile = (call) => {
    if (call === 'openPullRequests') scene.pull(7, { draft: false });
  };
  await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-7']);
  expect(scene.world.calls).not.toContain('destroy 7');
});

test('a sweep destroys what belongs to no pull request; an event alone does not conclude that from a 404', async () => {
  const scene = createScene();
  scene.world.made.set('pr-99', { images: null, createdAt: '2026-11-01T00:00:00.000Z', times: 1 });
  await scene.life.look(99);
  expect(scene.exists()).toEqual(['pr-99']);
  await scene.life.sweep();
  expect(scene.exists()).toEqual([]);
});

test('every event was lost: one sweep makes, redeploys and destroys all the same', async () => {
  const scene = createScene();
  await scene.event(1, 'opened');
  await scene.event(2, 'opened');
  scene.pull(1, { headSha: shaOf('b') });
  scene.pull(2, { state: 'closed', merged: true });
  scene.pull(3);
  scene.pull(4, { draft: true });
  await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-1', 'pr-3']);
  expect(scene.comment(1)).toContain('running bbbbbbb');
});

test('an old pull request that nobody touched for weeks gets no preview when this is set up', async () => {
  const scene = createScene();
  scene.pull(7, { updatedAt: new Date(scene.now() - 20 * day).toISOString() });
  await scene.life.sweep();
  expect(scene.exists()).toEqual([]);
});

test('our comment is deleted by somebody: the next change makes it again, once', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  scene.host.comments.clear();
  await scene.event(7, 'pushed', { headSha: shaOf('b') });
  await scene.event(7, 'pushed', { headSha: shaOf('c') });
  expect([...scene.host.comments.values()].map(({ body }) => body)).toEqual([
    expect.stringContaining('running ccccccc'),
  ]);
});

test('two runs for one new pull request at once: the second waits for the comment that the first is writing', async () => {
  const scene = createScene({ images: 'commit' });
  scene.pull(7);
  let written = (): void => {};
  const slow = new Promise<void>((resolve) => {
    written = resolve;
  });
  const { host } = scene;
  const first = scene.lifeWith({
    host: (port) => ({ ...port, putComment: (...wanted) => slow.then(() => port.putComment(...wanted)) }),
  });
  const second = scene.lifeWith({ sleep: async () => written() });
  await Promise.all([first.look(7), settled().then(() => second.look(7))]);
  expect([...host.comments.values()]).toHaveLength(1);
});

test('one comment, two events of it at the same time: carried out and answered once', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  await Promise.all([scene.say(7, 'ada', '/status', 5), scene.say(7, 'ada', '/status', 5)]);
  expect(scene.replies(7)).toHaveLength(1);
});

test('another run is at it: it is waited for, and what it left undone is done', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  let busy = true;
  scene.world.leases.set('pr-7', () => busy);
  const from = scene.now();
  scene.meanwhile = (call) => {
    if (call === 'lease pr-7' && scene.now() - from > 10_000) busy = false;
  };
  const report = await scene.event(7, 'closed', { state: 'closed' });
  expect([scene.exists(), resultOf(report)]).toEqual([[], 'ok']);
});

test('another run makes it meanwhile, and it is closed without an event: whoever waited sees that', async () => {
  const scene = createScene();
  scene.pull(7);
  let busy = true;
  scene.world.leases.set('pr-7', () => busy);
  const waiting = scene.lifeWith({
    sleep: async () => {
      if (!busy) return;
      busy = false;
      await scene.life.look(7);
      scene.pull(7, { state: 'closed' });
    },
  });
  await waiting.look(7);
  expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('destroyed: closed')]);
});

test('made since the sweep had its list: it is not taken for a place that nobody needs', async () => {
  const scene = createScene();
  scene.pull(7, { author: { login: 'bea', association: 'NONE' } });
  await scene.life.look(7);
  scene.meanwhile = async (call) => {
    if (call !== 'existing') return;
    scene.meanwhile = undefined;
    scene.pass(2 * minute);
    await scene.say(7, 'ada', '/deploy');
    scene.pull(7, { headSha: shaOf('b') });
  };
  await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-7']);
  expect(scene.world.calls).not.toContain('destroy 7');
});

test('another run is at it for good: told, not failed, and the comment is left to it', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  scene.world.leases.set('pr-7', () => true);
  const before = scene.comment(7);
  const report = await scene.event(7, 'closed', { state: 'closed' });
  expect([scene.exists(), resultOf(report), scene.comment(7)]).toEqual([['pr-7'], 'held', before]);
});

test('a server deleted by hand: the sweep makes it again, and so does /deploy', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  scene.world.made.clear();
  await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-7']);
  scene.world.made.clear();
  await scene.say(7, 'ada', '/deploy');
  expect(scene.exists()).toEqual(['pr-7']);
});

test('a place that a dead run left behind is given back by the sweep', async () => {
  const scene = createScene({ max: 1, images: 'commit' });
  await scene.event(7, 'opened');
  scene.world.places.set('pr-7', new Date(scene.now()).toISOString());
  await scene.life.sweep();
  expect(scene.world.places.size).toBe(0);
});

test('a week after it was closed nothing is remembered of it, and until then nothing is asked about it', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  await scene.event(7, 'closed', { state: 'closed' });
  scene.pass(6 * day);
  scene.host.calls.length = 0;
  await scene.life.sweep();
  expect([scene.world.records.size, scene.host.calls]).toEqual([1, ['openPullRequests']]);
  scene.pass(2 * day);
  await scene.life.sweep();
  expect(scene.world.records.size).toBe(0);
});

test('a destroy that fails is told with what to do, and tried again by the next sweep', async () => {
  const scene = createScene();
  await scene.event(7, 'opened');
  scene.world.fails = (what) => (what === 'destroy' ? 'server/pr-7: locked' : null);
  const report = await scene.event(7, 'closed', { state: 'closed' });
  expect(report.problems).toMatchObject([
    {
      message: 'pr-7 was not removed: server/pr-7: locked',
      next: 'reconcile destroy pr 7, or wait for the next sweep',
    },
  ]);
  scene.world.fails = () => null;
  scene.pass(hour);
  await scene.life.sweep();
  expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('destroyed: closed')]);
});

/** Until everything has happened that waits for nothing outside. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
