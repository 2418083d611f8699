import { expect, test } from 'vitest';
import { createScene, hour, minute, type Scene, shaOf } from './model/scene.ts';

const bea = { login: 'bea', association: 'NONE' } as const;
const opened = async (scene: Scene): Promise<void> => {
  await scene.event(7, 'opened');
  scene.pass(hour);
};
const asked = async (scene: Scene): Promise<void> => {
  await scene.event(7, 'opened', { author: bea, headRepository: 'bea/shop' });
  scene.pass(2 * minute);
};

/** What happened before, what happens, and how many requests to the code host that takes. */
const events: readonly [string, (scene: Scene) => Promise<unknown>, (scene: Scene) => Promise<unknown>, number][] = [
  ['opened, to its URL', async () => {}, (scene) => scene.event(7, 'opened'), 8],
  ['opened by a stranger', async () => {}, (scene) => scene.event(7, 'opened', { author: bea }), 4],
  ['opened as a draft', async () => {}, (scene) => scene.event(7, 'opened', { draft: true }), 1],
  ['pushed, to its URL', opened, (scene) => scene.event(7, 'pushed', { headSha: shaOf('b') }), 8],
  ['closed', opened, (scene) => scene.event(7, 'closed', { state: 'closed' }), 4],
  ['a draft again', opened, (scene) => scene.event(7, 'draft', { draft: true }), 5],
  ['a review', opened, (scene) => scene.reviewEvent(7), 2],
  ['/deploy by its author after /destroy', dismissed, (scene) => scene.say(7, 'ada', '/deploy'), 7],
  ['/deploy by somebody else after /destroy', dismissed, (scene) => scene.say(7, 'grace', '/deploy'), 8],
  ["/deploy of a stranger's commit", asked, (scene) => scene.say(7, 'ada', '/deploy'), 8],
  ['/deploy of a commit that is not the head', asked, (scene) => scene.say(7, 'ada', '/deploy ccccccc'), 3],
  ['/redeploy by somebody else', opened, (scene) => scene.say(7, 'grace', '/redeploy'), 6],
  ['/destroy', opened, (scene) => scene.say(7, 'grace', '/destroy'), 6],
  ['/extend', opened, (scene) => scene.say(7, 'grace', '/extend 24h'), 4],
  ['/status', opened, (scene) => scene.say(7, 'grace', '/status'), 2],
  ['/logs', opened, (scene) => scene.say(7, 'grace', '/logs web'), 2],
  ['/help', opened, (scene) => scene.say(7, 'grace', '/help'), 2],
  ['a command by somebody who may not', opened, (scene) => scene.say(7, 'bea', '/destroy'), 2],
  ['the same once more', refusedOnce, (scene) => scene.say(7, 'bea', '/destroy'), 1],
  ['a comment without a command', opened, (scene) => scene.say(7, 'bea', 'nice'), 0],
  ['a command whose event comes twice', answeredOnce, (scene) => scene.say(7, 'ada', '/status', 77), 0],
  ['a sweep in which nothing is to do', opened, (scene) => scene.life.sweep(), 1],
];
async function dismissed(scene: Scene): Promise<void> {
  await opened(scene);
  await scene.say(7, 'ada', '/destroy');
  scene.pass(hour);
}
async function refusedOnce(scene: Scene): Promise<void> {
  await opened(scene);
  await scene.say(7, 'bea', '/destroy');
}
async function answeredOnce(scene: Scene): Promise<void> {
  await opened(scene);
  await scene.say(7, 'ada', '/status', 77);
}

test.each(events)('%s', async (_title, before, event, wanted) => {
  const scene = createScene();
  await before(scene);
  const requests = await scene.counted(() => event(scene));
  expect(requests).toBe(wanted);
  expect(requests).toBeLessThanOrEqual(8);
});

test('images built for a push: each of the three events that belong to it takes at most 8', async () => {
  const scene = createScene({ images: 'commit' });
  expect(await scene.counted(() => scene.event(7, 'opened'))).toBe(3);
  expect(await scene.counted(() => scene.built(7, shaOf('a')))).toBe(8);
  scene.pass(hour);
  expect(await scene.counted(() => scene.event(7, 'pushed', { headSha: shaOf('b') }))).toBe(3);
  expect(await scene.counted(() => scene.built(7, shaOf('b')))).toBe(8);
});

test('a place becomes free: the event takes its own requests, and whoever is served takes at most 8 more', async () => {
  const scene = createScene({ max: 1 });
  await scene.event(1, 'opened');
  await scene.event(2, 'opened');
  const requests = await scene.counted(() => scene.event(1, 'closed', { state: 'closed' }));
  expect(scene.exists()).toEqual(['pr-2']);
  expect(requests).toBeLessThanOrEqual(4 + 8);
});

test('nobody worked on it for long enough: asking for reviews is one request more, whatever the answer', async () => {
  for (const policy of [{}, { idleStopMs: 8 * hour }]) {
    const scene = createScene(policy);
    await opened(scene);
    scene.pass(71 * hour);
    scene.review(7);
    scene.pass(2 * hour);
    expect(await scene.counted(() => scene.event(7, 'other'))).toBe(3);
    expect(scene.host.calls.slice(-3)).toEqual(['pullRequest 7', 'reviewedAt 7', 'putComment 7']);
    scene.pass(73 * hour);
    expect(await scene.counted(() => scene.event(7, 'other'))).toBe(6);
    expect(scene.exists()).toEqual([]);
  }
});

test('a place is made among some that are reviewed: the event takes at most 8, and the victim 8 of its own', async () => {
  const scene = createScene({ max: 5, atCap: 'evict-oldest-idle' });
  for (const number of [1, 2, 3, 4, 5]) {
    await scene.event(number, 'opened');
    scene.pass(minute);
  }
  scene.pass(3 * hour);
  for (const number of [1, 2]) scene.review(number);
  scene.host.calls.length = 0;
  const requests = await scene.counted(() => scene.event(6, 'opened'));
  const ofVictim = scene.host.calls.lastIndexOf('pullRequest 3');
  expect(scene.host.calls.slice(0, ofVictim)).toEqual([
    'pullRequest 6',
    'permissionOf ada',
    'reviewedAt 1',
    'reviewedAt 2',
    'reviewedAt 3',
    'pullRequest 6',
    'pullRequest 6',
    'putComment 6',
  ]);
  expect(requests).toBeLessThanOrEqual(8 + 8);
  await scene.life.sweep();
  expect([...scene.host.deployments.values()].filter(({ environment }) => environment === 'pr-6')).toHaveLength(1);
});

test('so many are reviewed that asking on would take too many: it waits, and the next sweep asks on', async () => {
  const scene = createScene({ max: 5, atCap: 'evict-oldest-idle' });
  for (const number of [1, 2, 3, 4, 5]) {
    await scene.event(number, 'opened');
    scene.pass(minute);
  }
  scene.pass(3 * hour);
  for (const number of [1, 2, 3]) scene.review(number);
  expect(await scene.counted(() => scene.event(6, 'opened'))).toBeLessThanOrEqual(8);
  expect(scene.comment(6)).toContain('it is not known yet whether somebody reviews it');
  await scene.life.sweep();
  expect(scene.exists()).toEqual(['pr-1', 'pr-2', 'pr-3', 'pr-5', 'pr-6']);
});

test('others wait for the budget, though places are free: an event elsewhere does not look at them', async () => {
  const scene = createScene({ budgetCents: 500 });
  await scene.event(1, 'opened');
  expect(await scene.counted(() => scene.event(2, 'opened'))).toBeLessThanOrEqual(8);
  scene.pass(hour);
  expect(await scene.counted(() => scene.reviewEvent(1))).toBe(2);
});

test('a push to an existing preview asks the cloud nothing besides the deploy itself', async () => {
  const scene = createScene();
  await opened(scene);
  scene.world.calls.length = 0;
  await scene.event(7, 'pushed', { headSha: shaOf('b') });
  expect(scene.world.calls.filter((call) => !/^(records|record|places)/.test(call))).toEqual(['deploy 7']);
});
