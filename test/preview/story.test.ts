import { describe, expect, test } from 'vitest';
import { createScene, day, hour, minute, type Scene, shaOf } from './model/scene.ts';

const bea = { login: 'bea', association: 'NONE' } as const;

describe("the seed's states", () => {
  test('a pull request becomes a preview, follows its pushes, and goes with it', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    expect(scene.exists()).toEqual(['pr-7']);
    expect(scene.comment(7)).toContain(`running aaaaaaa at http://pr-7.example.com`);
    scene.pass(hour);
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    expect(scene.world.made.get('pr-7')?.times).toBe(2);
    expect(scene.comment(7)).toContain('running bbbbbbb');
    const closed = await scene.event(7, 'closed', { state: 'closed', merged: true });
    expect(closed.problems).toEqual([]);
    expect(scene.exists()).toEqual([]);
    expect(scene.world.places.size).toBe(0);
    expect(scene.comment(7)).toContain('destroyed: merged');
    expect([...scene.host.deployments.values()].map(({ state }) => state)).toEqual(['success', 'inactive']);
  });

  test('a draft has none and hears nothing of us; ready for review it has one; a draft again, none', async () => {
    const scene = createScene();
    await scene.event(7, 'opened', { draft: true });
    expect([scene.exists(), scene.comment(7), scene.host.checks.size]).toEqual([[], '', 0]);
    await scene.event(7, 'ready', { draft: false });
    expect(scene.exists()).toEqual(['pr-7']);
    await scene.event(7, 'draft', { draft: true });
    expect(scene.exists()).toEqual([]);
    expect(scene.comment(7)).toContain('draft');
  });

  test('closed without a merge and reopened: it is made again, under the same comment', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    await scene.event(7, 'closed', { state: 'closed' });
    expect(scene.exists()).toEqual([]);
    await scene.event(7, 'reopened', { state: 'open' });
    expect(scene.exists()).toEqual(['pr-7']);
    expect(scene.host.comments.size).toBe(1);
  });

  test('a draft again while its server is made: whoever made it destroys it, though no event comes', async () => {
    const scene = createScene();
    scene.meanwhile = (call) => {
      if (call === 'create pr-7') scene.pull(7, { draft: true });
    };
    await scene.event(7, 'opened');
    expect([scene.exists(), scene.world.places.size]).toEqual([[], 0]);
  });

  test('merged before its deploy finished: nothing is left', async () => {
    const scene = createScene();
    scene.meanwhile = (call) => {
      if (call === 'create pr-7') scene.pull(7, { state: 'closed', merged: true });
    };
    const report = await scene.event(7, 'opened');
    expect([scene.exists(), scene.world.places.size]).toEqual([[], 0]);
    expect(report.looked[0]?.did).toEqual(['deployed aaaaaaa to pr-7', 'destroyed pr-7: merged']);
  });

  test('a push while its server is made: the same run deploys that too', async () => {
    const scene = createScene();
    let pushes = 0;
    scene.meanwhile = (call) => {
      if (call !== 'create pr-7' || pushes > 0) return;
      pushes += 1;
      scene.pull(7, { headSha: shaOf('b') });
    };
    await scene.event(7, 'opened');
    expect(scene.comment(7)).toContain('running bbbbbbb');
  });

  test('closed between the decision and the first create: nothing is made', async () => {
    const scene = createScene();
    scene.meanwhile = (call) => {
      if (call === 'place pr-7') scene.pull(7, { state: 'closed' });
    };
    await scene.event(7, 'opened');
    expect([scene.exists(), scene.world.places.size]).toEqual([[], 0]);
    expect(scene.host.calls.filter((call) => call.startsWith('putDeployment'))).toEqual([]);
  });
});

describe('trust', () => {
  test("a stranger's pull request waits and says for what; approved at commit A and pushed to B, B is not deployed", async () => {
    const scene = createScene({ images: 'commit' });
    await scene.event(7, 'opened', { author: bea, headRepository: 'bea/shop' });
    await scene.built(7, shaOf('a'));
    expect(scene.exists()).toEqual([]);
    expect(scene.comment(7)).toContain('waiting-for-approval');
    scene.pass(2 * minute);
    await scene.say(7, 'ada', '/deploy');
    expect(scene.comment(7)).toContain('running aaaaaaa');
    scene.pass(hour);
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    await scene.built(7, shaOf('b'));
    await scene.life.sweep();
    expect(scene.world.made.get('pr-7')).toMatchObject({
      times: 1,
      images: { web: expect.stringContaining('aaaaaaa') },
    });
    expect(scene.comment(7)).toMatch(/waiting-for-approval\nhead bbbbbbb\nrunning aaaaaaa/);
    scene.pass(2 * minute);
    await scene.say(7, 'ada', `/deploy ${shaOf('b')}`);
    expect(scene.comment(7)).toContain('running bbbbbbb');
  });

  test('pushed between reading and /deploy: the new commit is not approved by it, whatever our comment says by then', async () => {
    const scene = createScene();
    await scene.event(7, 'opened', { author: bea, headRepository: 'bea/shop' });
    scene.pass(2 * minute);
    // Ada reads; bea pushes; our comment follows; ada writes.
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    scene.pass(20_000);
    await scene.say(7, 'ada', '/deploy');
    expect(scene.exists()).toEqual([]);
    expect(scene.replies(7)).toEqual([expect.stringContaining('; /deploy bbbbbbb')]);
    await scene.say(7, 'ada', `/deploy ${shaOf('a')}`);
    expect(scene.exists()).toEqual([]);
    await scene.say(7, 'ada', `/deploy ${shaOf('b')}`);
    expect(scene.exists()).toEqual(['pr-7']);
  });

  test("a branch inside the repository, opened by a stranger, waits like any stranger's", async () => {
    const scene = createScene();
    await scene.event(7, 'opened', { author: bea, headRepository: 'acme/shop' });
    expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('waiting-for-approval')]);
  });

  test('a fork by somebody who may write is deployed; a fork of somebody else, opened by the same, waits', async () => {
    const scene = createScene();
    await scene.event(7, 'opened', { headRepository: 'ada/shop' });
    await scene.event(8, 'opened', { headRepository: 'bea/shop' });
    expect(scene.exists()).toEqual(['pr-7']);
    expect(scene.comment(8)).toContain('waiting-for-approval');
  });

  test('the host calls her a member, and she may not write: nothing is made, also no room for her', async () => {
    const scene = createScene();
    await scene.event(7, 'opened', { author: { login: 'tim', association: 'MEMBER' } });
    expect([scene.exists(), scene.world.places.size]).toEqual([[], 0]);
    expect(scene.comment(7)).toContain('waiting-for-approval');
  });

  test('at the cap she neither keeps a turn nor makes anybody go', async () => {
    const scene = createScene({ max: 1, atCap: 'evict-oldest-idle' });
    await scene.event(1, 'opened');
    await scene.event(7, 'opened', { author: { login: 'tim', association: 'MEMBER' } });
    expect(scene.world.records.get('pr-7')?.waitingSince).toBeUndefined();
    scene.pass(3 * hour);
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    expect(scene.world.calls).not.toContain('destroy 1');
  });

  test('a stranger keeps nothing alive by pushing', async () => {
    const scene = createScene({ ttlMs: 3 * day });
    await scene.event(7, 'opened', { author: bea, headRepository: 'bea/shop' });
    await scene.say(7, 'ada', `/deploy ${shaOf('a')}`);
    scene.pass(2 * day);
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    expect(scene.exists()).toEqual(['pr-7']);
    scene.pass(day + hour);
    await scene.life.sweep();
    expect(scene.exists()).toEqual([]);
  });

  test.each([
    [
      'closes and opens it once more',
      async (scene: Scene) => void (await scene.event(7, 'closed', { state: 'closed' })),
    ],
    ['makes it a draft for a moment', async (scene: Scene) => void (await scene.event(7, 'draft', { draft: true }))],
    ['opens it once more after a /destroy', async (scene: Scene) => void (await scene.say(7, 'ada', '/destroy'))],
    [
      'opens it once more when its time was over',
      async (scene: Scene) => {
        scene.pass(4 * day);
        await scene.life.sweep();
      },
    ],
  ])('an approval does not come back: a stranger %s', async (_title, ends) => {
    const scene = createScene({ ttlMs: 3 * day });
    await scene.event(7, 'opened', { author: bea, headRepository: 'bea/shop' });
    await scene.say(7, 'ada', `/deploy ${shaOf('a')}`);
    expect(scene.exists()).toEqual(['pr-7']);
    scene.pass(hour);
    await ends(scene);
    expect(scene.exists()).toEqual([]);
    scene.pass(hour);
    await scene.event(7, 'reopened', { state: 'open', draft: false });
    await scene.life.sweep();
    expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('waiting-for-approval')]);
    scene.pass(hour);
    await scene.say(7, 'ada', '/deploy');
    expect(scene.exists()).toEqual(['pr-7']);
  });

  test('a /deploy whose event comes after that of a later /destroy approves nothing', async () => {
    const scene = createScene();
    await scene.event(7, 'opened', { author: bea, headRepository: 'bea/shop' });
    const createdAt = new Date(scene.now()).toISOString();
    scene.pass(hour);
    await scene.say(7, 'ada', '/destroy');
    const author = { login: 'ada', association: 'MEMBER' };
    await scene.life.on({ kind: 'comment', number: 7, id: 99, author, body: `/deploy ${shaOf('a')}`, createdAt });
    scene.pass(hour);
    await scene.event(7, 'reopened');
    expect(scene.exists()).toEqual([]);
  });

  test('a member who hides it, so that the host calls him nobody, may do what members may', async () => {
    const scene = createScene();
    scene.allow('bea', 'write');
    await scene.event(7, 'opened', { author: bea });
    expect(scene.exists()).toEqual(['pr-7']);
  });

  test('who may not write gives no command, is told so once, and an event that comes twice says nothing new', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    await scene.say(7, 'bea', '/destroy', 1);
    await scene.say(7, 'bea', '/destroy', 1);
    await scene.say(7, 'bea', '/redeploy', 2);
    expect(scene.exists()).toEqual(['pr-7']);
    expect(scene.replies(7)).toEqual([
      'bea: /destroy: only people who can write to this repository give commands to its previews',
    ]);
  });
});

describe('commands', () => {
  test('/destroy: gone, and no push brings it back; /deploy does', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    await scene.say(7, 'grace', '/destroy');
    expect(scene.exists()).toEqual([]);
    scene.pass(hour);
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    await scene.life.sweep();
    expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('destroyed: dismissed')]);
    await scene.say(7, 'grace', '/deploy');
    expect(scene.exists()).toEqual(['pr-7']);
  });

  test('/destroy and reopened: it is back; a late /destroy from before that changes nothing', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    await scene.say(7, 'ada', '/destroy');
    await scene.event(7, 'closed', { state: 'closed' });
    scene.pass(hour);
    const before = new Date(scene.now() - minute).toISOString();
    await scene.event(7, 'reopened', { state: 'open' });
    expect(scene.exists()).toEqual(['pr-7']);
    await scene.life.on({
      kind: 'comment',
      number: 7,
      id: 99,
      author: { login: 'ada', association: 'MEMBER' },
      body: '/destroy',
      createdAt: before,
    });
    expect(scene.exists()).toEqual(['pr-7']);
  });

  test('/redeploy deploys what is there once more, once for each comment', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    await scene.say(7, 'grace', '/redeploy', 5);
    await scene.say(7, 'grace', '/redeploy', 5);
    expect(scene.world.calls.filter((call) => call.startsWith('deploy'))).toEqual(['deploy 7', 'deploy 7 again']);
  });

  test('on a draft and on a closed one /deploy says why not', async () => {
    const scene = createScene();
    scene.pull(7, { draft: true });
    scene.pull(8, { state: 'closed' });
    await scene.say(7, 'ada', '/deploy');
    await scene.say(8, 'ada', '/deploy');
    expect(scene.exists()).toEqual([]);
    expect([...scene.replies(7), ...scene.replies(8)]).toEqual([
      expect.stringContaining('is a draft'),
      expect.stringContaining('is closed'),
    ]);
  });

  test('status, logs, help and extend are answered; what is none is answered once; chat is not', async () => {
    const scene = createScene();
    await scene.event(7, 'opened');
    for (const [id, body] of [
      '/status',
      '/logs web',
      '/help',
      '/extend 24h',
      '/deplyo',
      '/deplyo',
      'looks good',
    ].entries())
      await scene.say(7, 'ada', body, id === 5 ? 4 : id);
    expect(scene.replies(7)).toEqual([
      'jobs of pr-7: ok',
      'web: listening',
      'help',
      'stays until 2026-11-25T09:00:00.000Z',
      expect.stringMatching(/^ada: \/deplyo is no command/),
    ]);
  });

  test('a command at a number that is no pull request does nothing', async () => {
    const scene = createScene();
    const report = await scene.say(404, 'ada', '/deploy');
    expect([report.notes, report.problems]).toEqual([['there is no pull request 404'], []]);
  });
});

describe('limits', () => {
  test('the one too many waits, hears who has the places, and is served by the very run that frees one', async () => {
    const scene = createScene({ max: 2 });
    for (const number of [1, 2, 3, 4]) {
      await scene.event(number, 'opened');
      scene.pass(minute);
    }
    expect(scene.exists()).toEqual(['pr-1', 'pr-2']);
    expect(scene.comment(3)).toMatch(/waiting-for-place\nhead aaaaaaa\nplaces: pr-1, pr-2/);
    await scene.event(1, 'closed', { state: 'closed' });
    expect(scene.exists()).toEqual(['pr-2', 'pr-3']);
    await scene.say(2, 'ada', '/destroy');
    expect(scene.exists()).toEqual(['pr-3', 'pr-4']);
  });

  test('whoever waits longest was closed meanwhile, unheard: the next one is served', async () => {
    const scene = createScene({ max: 1 });
    for (const number of [1, 2, 3]) {
      await scene.event(number, 'opened');
      scene.pass(minute);
    }
    scene.pull(2, { state: 'closed' });
    await scene.event(1, 'closed', { state: 'closed' });
    expect(scene.exists()).toEqual(['pr-3']);
  });

  test('an author at the limit waits without keeping others waiting', async () => {
    const scene = createScene({ max: 2, maxPerAuthor: 1 });
    await scene.event(1, 'opened');
    scene.pass(minute);
    await scene.event(2, 'opened');
    scene.pass(minute);
    await scene.event(3, 'opened', { author: { login: 'grace', association: 'OWNER' } });
    expect(scene.exists()).toEqual(['pr-1', 'pr-3']);
    expect(scene.comment(2)).toContain('author-limit');
    await scene.event(1, 'closed', { state: 'closed' });
    expect(scene.exists()).toEqual(['pr-2', 'pr-3']);
  });

  test('the budget counts what is there and one more', async () => {
    const scene = createScene({ budgetCents: 1200 });
    for (const number of [1, 2, 3]) await scene.event(number, 'opened');
    expect(scene.exists()).toEqual(['pr-1', 'pr-2']);
    expect(scene.comment(3)).toContain('budget');
    await scene.event(2, 'closed', { state: 'closed' });
    expect(scene.exists()).toEqual(['pr-1', 'pr-3']);
  });

  test('evict-oldest-idle: the one untouched longest makes room; not while it is reviewed or extended', async () => {
    const scene = createScene({ max: 3, atCap: 'evict-oldest-idle' });
    for (const number of [1, 2, 3]) {
      await scene.event(number, 'opened');
      scene.pass(minute);
    }
    await scene.say(1, 'ada', '/extend 2d');
    await scene.reviewEvent(2);
    await scene.event(4, 'opened');
    expect(scene.exists()).toEqual(['pr-1', 'pr-2', 'pr-3']);
    scene.pass(3 * hour);
    await scene.life.sweep();
    expect(scene.exists()).toEqual(['pr-1', 'pr-2', 'pr-4']);
    expect(scene.comment(3)).toContain('made room for pr-4');
    // It does not come back by itself, and waits for its turn when somebody works on it.
    await scene.event(3, 'pushed', { headSha: shaOf('b') });
    expect([scene.exists(), scene.comment(3)]).toEqual([
      ['pr-1', 'pr-2', 'pr-4'],
      expect.stringContaining('waiting-for-place'),
    ]);
  });
});

describe('time', () => {
  test('after its TTL without activity it goes; never by age alone while a review is going on', async () => {
    const scene = createScene({ ttlMs: 3 * day });
    await scene.event(7, 'opened');
    for (let days = 0; days < 10; days += 2) {
      scene.pass(2 * day);
      await scene.reviewEvent(7);
      await scene.life.sweep();
      expect(scene.exists()).toEqual(['pr-7']);
    }
    scene.pass(3 * day);
    await scene.life.sweep();
    expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('destroyed: expired')]);
    await scene.life.sweep();
    expect(scene.exists()).toEqual([]);
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    expect(scene.exists()).toEqual(['pr-7']);
  });

  test('a review that comes in the very moment of expiry keeps it', async () => {
    const scene = createScene({ ttlMs: 3 * day });
    await scene.event(7, 'opened');
    scene.pass(3 * day);
    let reviewed = false;
    scene.meanwhile = async (call) => {
      if (call !== 'places' || reviewed) return;
      reviewed = true;
      const record = scene.world.records.get('pr-7');
      const at = new Date(scene.now()).toISOString();
      if (record !== undefined) scene.world.records.set('pr-7', { ...record, reviewedAt: at, activityAt: at });
    };
    await scene.life.look(7);
    expect(scene.exists()).toEqual(['pr-7']);
    expect(scene.world.calls).not.toContain('destroy 7');
  });

  test.each(['server', 'pool'] as const)('idle in mode %s: it stops, and /deploy or a push starts it', async (mode) => {
    const scene = createScene({ mode, idleStopMs: 8 * hour });
    await scene.event(7, 'opened');
    scene.pass(9 * hour);
    await scene.life.sweep();
    await scene.life.sweep();
    expect(scene.world.calls.filter((call) => call === 'stop 7')).toHaveLength(1);
    expect(scene.comment(7)).toContain('stopped');
    await scene.say(7, 'ada', '/deploy');
    expect(scene.comment(7)).toContain('running aaaaaaa');
  });

  test('a commit that fails is tried four times in all, further and further apart; a push begins anew', async () => {
    const scene = createScene();
    scene.world.fails = (what) => (what === 'deploy' ? 'web: exit 1' : null);
    const report = await scene.event(7, 'opened');
    expect(report.problems.map(({ message }) => message)).toEqual(['pr-7 was not deployed at aaaaaaa: web: exit 1']);
    expect(scene.comment(7)).toMatch(/failed[\s\S]*web: exit 1/);
    for (let n = 0; n < 48; n += 1) {
      scene.pass(15 * minute);
      await scene.life.sweep();
    }
    const deploys = (): number => scene.world.calls.filter((call) => call === 'deploy 7').length;
    expect(deploys()).toBe(4);
    scene.world.fails = () => null;
    await scene.event(7, 'pushed', { headSha: shaOf('b') });
    expect(scene.comment(7)).toContain('running bbbbbbb');
  });
});

describe('images of the commit', () => {
  test('it waits for them, says so, and is deployed when they are built; a second telling deploys nothing', async () => {
    const scene = createScene({ images: 'commit' });
    await scene.event(7, 'opened');
    expect([scene.exists(), scene.comment(7)]).toEqual([[], expect.stringContaining('waiting-for-images')]);
    await scene.built(7, shaOf('a'));
    await scene.built(7, shaOf('a'));
    expect(scene.world.made.get('pr-7')?.times).toBe(1);
    scene.pass(minute);
    await scene.built(7, shaOf('a'), 'anew');
    expect(scene.world.made.get('pr-7')?.times).toBe(2);
  });

  test('a build for an earlier commit that comes late is of no use; a build that fails is said', async () => {
    const scene = createScene({ images: 'commit' });
    await scene.event(7, 'opened', { headSha: shaOf('b') });
    await scene.built(7, shaOf('a'));
    expect(scene.exists()).toEqual([]);
    await scene.life.on({ kind: 'build-failed', number: null, sha: shaOf('b'), conclusion: 'failure', runUrl: null });
    expect(scene.comment(7)).toContain('the build of its images ended: failure');
  });
});
