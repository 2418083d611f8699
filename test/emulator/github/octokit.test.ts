import { Octokit } from 'octokit';
import { afterEach, expect, test } from 'vitest';
import { type EmulatorServer, serveEmulator } from '../../../src/emulator/server.ts';
import { acmeShop } from './support.ts';

let server: EmulatorServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test("octokit's own client, as it comes, works against it over HTTP: pages, bodies, refusals", async () => {
  const github = acmeShop();
  for (let n = 0; n < 130; n += 1) github.people.openPull({ author: 'ann' });
  server = await serveEmulator(github.fetch);
  const octokit = new Octokit({ auth: github.token, baseUrl: `${server.url}/github` });
  const shop = { owner: 'acme', repo: 'shop' };

  const pulls = await octokit.paginate(octokit.rest.pulls.list, { ...shop, state: 'open', per_page: 100 });
  expect(pulls).toHaveLength(130);
  const { data } = await octokit.rest.pulls.get({ ...shop, pull_number: 7 });
  expect(data).toMatchObject({
    number: 7,
    state: 'open',
    draft: false,
    head: { sha: expect.stringMatching(/^[0-9a-f]{40}$/) },
  });
  const made = await octokit.rest.issues.createComment({ ...shop, issue_number: 7, body: 'hello' });
  expect(made).toMatchObject({ status: 201, data: { body: 'hello', user: { type: 'Bot' } } });
  const level = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...shop, username: 'ann' });
  expect(level.data).toMatchObject({ permission: 'write', role_name: 'write' });
  await expect(octokit.rest.pulls.get({ ...shop, pull_number: 999 })).rejects.toMatchObject({
    status: 404,
    message: 'Not Found - https://docs.github.com/rest/pulls/pulls#get-a-pull-request',
  });
});
