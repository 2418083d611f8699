import { describe, expect, test } from 'vitest';
import { createTeam } from './team.ts';

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('one pull request of somebody who writes here', () => {
  const team = createTeam();
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
    expect(heard.outputs).toEqual({ state: 'deployed', environment: `pr-${opened.number}`, url });
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
    expect(flat((await team.lab.run('list')).stdout)).toContain('no environments');
  });
});
