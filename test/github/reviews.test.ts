import { expect, test } from 'vitest';
import { acmeShop } from '../emulator/github/support.ts';
import { hostOf, refusalOf, requestsOf } from './support.ts';

const minute = 60_000;
const opened = () => {
  const github = acmeShop({ limits: { contentPerMinute: 10_000 } });
  github.people.openPull({ author: 'eve', fork: true });
  const host = hostOf(github);
  /** A minute after the one before; when it was. */
  const review = async (by: string, times = 1): Promise<string> => {
    await github.clock.sleep(minute);
    for (let n = 0; n < times; n += 1) github.people.review(1, { by });
    return new Date(github.clock.now()).toISOString().replace('.000Z', 'Z');
  };
  return { github, host, review };
};

test('the last review by somebody who belongs here counts, one request; bots and strangers do not, also when they are its author', async () => {
  const { github, host, review } = opened();
  expect(await requestsOf(github, async () => expect(await host.reviewedAt(1)).toBeNull())).toEqual([
    'GET pulls/1/reviews 200',
  ]);
  await review('ann');
  const at = await review('rob');
  github.people.setPermission('helper[bot]', 'write');
  for (const other of ['eve', 'helper[bot]', 'mallory']) await review(other);
  expect(await host.reviewedAt(1)).toBe(at);
  github.people.openPull({ author: 'ann' });
  expect(await host.reviewedAt(2)).toBeNull();
});

test('a single comment on the code counts like a review; one under the pull request does not', async () => {
  const { github, host, review } = opened();
  const at = await review('ann');
  await github.clock.sleep(minute);
  github.people.comment(1, { by: 'ann', body: 'nice' });
  expect(await host.reviewedAt(1)).toBe(at);
  github.people.codeComment(1, { by: 'ann', body: 'why?' });
  expect(await host.reviewedAt(1)).toBe('2026-11-24T00:02:00Z');
});

test('from a hundred and one on the last page is asked for as well: two requests', async () => {
  const { github, host, review } = opened();
  await review('ann', 249);
  const at = await review('rob');
  const asked = requestsOf(github, async () => expect(await host.reviewedAt(1)).toBe(at));
  expect(await asked).toEqual(['GET pulls/1/reviews 200', 'GET pulls/1/reviews 200']);
  expect(github.requests.at(-1)?.path).toContain('page=3');
});

test('two hundred reviews by strangers hide none of before; with five hundred four requests are enough', async () => {
  const { github, host, review } = opened();
  await review('ann', 150);
  const at = await review('ann');
  await review('mallory', 200);
  expect(await requestsOf(github, async () => expect(await host.reviewedAt(1)).toBe(at))).toHaveLength(4);
  await review('mallory', 300);
  expect(await requestsOf(github, () => host.reviewedAt(1))).toHaveLength(4);
});

test('a review that is not submitted yet, and one by an account that is gone, count for nothing', async () => {
  const { github } = opened();
  const user = { login: 'ann', type: 'User' };
  const body = [
    { user, author_association: 'MEMBER', submitted_at: '2026-11-24T07:00:00Z' },
    { user, author_association: 'MEMBER', state: 'PENDING' },
    { user: null, author_association: 'MEMBER', submitted_at: '2026-11-24T09:00:00Z' },
    { user, author_association: 'CONTRIBUTOR', submitted_at: '2026-11-24T09:00:00Z' },
  ];
  const host = hostOf({ ...github, fetch: async () => Response.json(body) });
  expect(await host.reviewedAt(1)).toBe('2026-11-24T07:00:00Z');
});

test('where a page does not come nobody says that there was no review', async () => {
  const { github, host, review } = opened();
  await review('ann', 120);
  github.faults.add({ nth: 2, times: 1_000, fault: { kind: 'down' } });
  expect(await refusalOf(host.reviewedAt(1))).toMatchObject({
    kind: 'unreachable',
    message: 'GitHub gave no answer to read the reviews of pull request 1: connect ECONNREFUSED',
  });
  github.faults.clear();
  github.faults.add({ times: 1_000, fault: { kind: 'rate-limited', resetSeconds: 1_800 } });
  expect(await refusalOf(host.reviewedAt(1))).toMatchObject({ kind: 'rate-limited' });
  github.faults.clear();
  expect(await refusalOf(host.reviewedAt(9))).toMatchObject({ kind: 'refused' });
  expect(await requestsOf(github, async () => expect(await host.reviewedAt(0)).toBeNull())).toEqual([]);
});

test.each([
  ['another number', '/repos/acme/shop/pulls/2', '2 of acme/shop'],
  ['a pull request of another repository', '/repos/acme/other/pulls/1', '1 of acme/other'],
])('asked for one pull request, answered with %s: that is no answer', async (_title, from, said) => {
  const github = acmeShop();
  const other = acmeShop({ repository: 'acme/other' });
  for (const one of [github, other]) for (const author of ['ann', 'ann']) one.people.openPull({ author });
  const { fetch, token } = from.includes('other') ? other : github;
  const headers = { authorization: `Bearer ${token}` };
  const mixedUp = async (): Promise<Response> => fetch(new Request(`https://api.github.com${from}`, { headers }));
  expect(await refusalOf(hostOf({ ...github, fetch: mixedUp }).pullRequest(1))).toMatchObject({
    kind: 'refused',
    message: `GitHub was asked for pull request 1 of acme/shop, and answered with ${said}`,
  });
});

test('a list of another repository is no list of ours; how its name is written does not matter', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  expect(await hostOf(github, github.token, 'ACME/Shop').pullRequest(1)).toMatchObject({ number: 1 });
  const other = acmeShop({ repository: 'acme/other' });
  other.people.openPull({ author: 'ann' });
  const mixedUp = (): Promise<Response> =>
    other.fetch(
      new Request('https://api.github.com/repos/acme/other/pulls', {
        headers: { authorization: `Bearer ${other.token}` },
      }),
    );
  expect((await refusalOf(hostOf({ ...github, fetch: mixedUp }).openPullRequests())).message).toContain('acme/other');
});
