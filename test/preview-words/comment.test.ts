import { expect, test } from 'vitest';
import { Failure } from '../../src/domain/errors.ts';
import { parseComment } from '../../src/preview/commands.ts';
import { readEvent } from '../../src/preview/events.ts';
import type { CommentView } from '../../src/preview/types.ts';
import { createWords } from '../../src/preview/words.ts';
import { example } from './recorded.ts';
import { answers, comments } from './views.ts';
import { templates, words } from './words.ts';

const to = { pullRequest: 7, login: 'alice' };
const texts = Object.values(comments).map((view) => words.commentText(view));

test('what each state says, before its table and its folds', () => {
  const said = Object.entries(comments)
    .filter(([name]) => name !== 'hostile')
    .map(([name, view]) => {
      const [, heading = '', ...paragraphs] = words.commentText(view).split(/\n+(?=#|\||<details>)|\n{2,}/);
      const before = paragraphs.slice(
        0,
        paragraphs.findIndex((text) => /^\||^<details>/.test(text)),
      );
      return `${name}: ${[heading.replace('### ', ''), ...before].join(' ¶ ')}`;
    });
  expect(said).toMatchInlineSnapshot(`
    [
      "creating: 🟡 The preview is being made ¶ A server is ordered and set up for commit \`1a2b3c4\`; that takes some minutes.",
      "creating-in-a-pool: 🟡 The preview is being made ¶ Commit \`1a2b3c4\` is put on a server that previews share; that takes some seconds.",
      "updating: 🟡 The preview is being updated ¶ Commit \`1a2b3c4\` is on its way. Until it answers, \`9f8e7d6\` does.",
      "deployed: 🟢 The preview is up",
      "deployed-in-a-pool: 🟢 The preview is up",
      "deployed-for-a-stranger: 🟢 The preview is up",
      "failed: 🔴 The preview failed ¶ Commit \`1a2b3c4\` did not come up. ¶ \`\`\`text
    pr-7 did not become healthy within 5 min: job/server has 0 of 1 allocations running
      server: Error: connect ECONNREFUSED 10.0.1.2:5432
          at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)
      server: exited with 1, restarted 3 times in 1 min
    The servers stay as they are.
    \`\`\` ¶ The next push tries again, and \`/redeploy\` does without one.",
      "failed-beside-an-older: 🔴 The preview failed ¶ Commit \`1a2b3c4\` did not come up. \`9f8e7d6\` still answers. ¶ \`\`\`text
    pr-7 did not become healthy within 5 min: job/server has 0 of 1 allocations running
      server: Error: connect ECONNREFUSED 10.0.1.2:5432
          at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)
      server: exited with 1, restarted 3 times in 1 min
    The servers stay as they are.
    \`\`\` ¶ The next push tries again, and \`/redeploy\` does without one.",
      "build-failed: 🔴 The preview failed ¶ Commit \`1a2b3c4\` did not come up. ¶ \`\`\`text
    the build of 1a2b3c4 ended with failure
    \`\`\` ¶ The next push tries again, and \`/redeploy\` does without one.",
      "stopped: 🌙 The preview sleeps ¶ Nobody worked on it for 4 h, so its jobs were stopped. The next push or \`/deploy\` brings it back.",
      "waiting-for-approval: ✋ The preview waits for an approval ¶ \`mallory\` can't write to this repository, so their commits run only after somebody who can has read them. This one waits: [\`1a2b3c4\`](https://github.com/acme/shop/pull/7/commits/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d). To let it run, write ¶ \`\`\`text
    /deploy 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d
    \`\`\` ¶ That approves this commit and no other: a later push waits again.",
      "waiting-for-approval-beside-an-older: ✋ The preview waits for an approval ¶ \`mallory\` can't write to this repository, so their commits run only after somebody who can has read them. This one waits: [\`1a2b3c4\`](https://github.com/acme/shop/pull/7/commits/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d). To let it run, write ¶ \`\`\`text
    /deploy 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d
    \`\`\` ¶ That approves this commit and no other: a later push waits again. Until then \`9f8e7d6\` goes on answering.",
      "waiting-for-images: ⏳ The preview waits for its images ¶ Commit \`1a2b3c4\` runs as soon as its images are built.",
      "waiting-for-place: ⏳ The preview waits for a place ¶ All 15 places are taken. This one is made by itself as soon as one is free, first come, first served. A place is free when its pull request is closed, merged or made a draft again, when somebody writes \`/destroy\` there, or when nobody has worked on it for 3 d.",
      "waiting-for-place-that-one-makes: ⏳ The preview waits for a place ¶ All 3 places are taken. This one is made by itself as soon as one is free, first come, first served. A place is free when its pull request is closed, merged or made a draft again, when somebody writes \`/destroy\` there, or when nobody has worked on it for 3 d. Before that, the one that nobody has worked on for longest makes room.",
      "author-limit: ⏳ The preview waits: its author has no place left ¶ \`alice\` has 2 previews, and no author may have more. This one is made by itself as soon as one of them is gone: by closing its pull request, or by \`/destroy\` there.",
      "budget: ⏳ The preview waits: the budget is taken ¶ All previews together may cost €50.00 a month, and with this one they would cost more (€4.59 a month each). It is made by itself as soon as another is gone: when its pull request is closed, when somebody writes \`/destroy\` there, or when nobody has worked on it for 3 d.",
      "draft: ⚪️ No preview of a draft ¶ A draft has no preview. It gets one when it is ready for review.",
      "destroyed-closed: ⚪️ The preview is gone ¶ Its pull request was closed. Reopened, it gets a new one.",
      "destroyed-merged: ⚪️ The preview is gone ¶ Its pull request was merged. Nothing of it is left.",
      "destroyed-dismissed: ⚪️ The preview is gone ¶ \`bob\` wrote \`/destroy\`. \`/deploy\` brings it back; pushes don't.",
      "destroyed-expired: ⚪️ The preview is gone ¶ Nobody worked on it for 3 d. The next push or \`/deploy\` brings it back.",
      "destroyed-evicted: ⚪️ The preview is gone ¶ It made room for pr&#45;31&#58; nobody had worked on it for longest. The next push or \`/deploy\` brings it back, as soon as there is a place.",
      "destroyed-not-approved: ⚪️ The preview is gone ¶ Nobody who can write to this repository stands behind its commit any more. Somebody who can may read it and write \`/deploy\`.",
      "destroyed-otherwise: ⚪️ The preview is gone ¶ Nothing of it is left. \`/deploy\` brings it back. ¶ Its server was deleted by hand.",
    ]
  `);
});

test('a preview that is up: the whole comment', () => {
  expect(words.commentText(comments['deployed'] as CommentView)).toMatchInlineSnapshot(`
    "<!-- reconcile:preview:pr-7 -->
    ### 🟢 The preview is up

    | Address | [\`pr-7.example.com\`](https://pr-7.example.com/) |
    | :-- | :-- |
    | Commit | [\`1a2b3c4\`](https://github.com/acme/shop/pull/7/commits/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d) |
    | Images | \`server\` \`sha256:aaaa01234567\`<br>\`web\` \`sha256:bbbb01234567\` |
    | Cost | €0.12 so far, €4.59 a month |
    | Expires | 2026-11-27 12:51 UTC if nobody works on it |
    | Logs | \`/logs server\` |
    | Remove it | \`/destroy\`, or close the pull request |

    <details>
    <summary>Commands</summary>

    | comment | what it does |
    | :-- | :-- |
    | \`/deploy\` | makes the preview, or brings it back; approves the commit that waits for it |
    | \`/deploy 1a2b3c4…\` | the same for this commit (all its 40 digits), if it still is the newest |
    | \`/redeploy\` | deploys once more, though nothing changed |
    | \`/destroy\` | takes the preview away until \`/deploy\` |
    | \`/status\` | tells how it is, down to each job |
    | \`/logs\` | shows the newest lines of every job; \`/logs server\` those of one |
    | \`/extend 24h\` | keeps it so long though nobody works on it; \`3d\`, at most 7 days from now |
    | \`/help\` | says this |

    For everybody who can write to this repository. One command a comment, alone on its line.

    </details>

    <details>
    <summary>Images</summary>

    | job | image |
    | :-- | :-- |
    | \`server\` | \`docker.io/acme/shop-server@sha256:aaaa0123456789abaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` |
    | \`web\` | \`docker.io/acme/shop-web@sha256:bbbb0123456789abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\` |

    </details>

    <sub>\`pr-7\` · 2026-11-24 12:51 UTC · by [this run](https://github.com/acme/shop/actions/runs/123456789)</sub>
    "
  `);
});

test('at the cap the comment names who has the places, and for how long nobody worked on them', () => {
  const text = words.commentText(comments['waiting-for-place-that-one-makes'] as CommentView);
  expect(text.split('\n').filter((line) => line.startsWith('| `pr-') || line.startsWith('| preview'))).toEqual([
    '| preview | has its place for | idle for |',
    '| `pr-20` | 40\u00a0h | 30\u00a0h |',
    '| `pr-21` | 38\u00a0h | 28\u00a0h |',
    '| `pr-22` | 36\u00a0h | 26\u00a0h |',
  ]);
});

test('answers, each', () => {
  const said = Object.entries(answers).map(([name, answer]) => {
    const lines = words.answerText(answer, to).split('\n').slice(1);
    return `${name}: ${lines.filter((line) => line !== '' && !line.startsWith('<sub>')).join(' ¶ ')}`;
  });
  expect(said).toMatchInlineSnapshot(`
    [
      "status: **How \`pr-7\` is**, at [\`pr-7.example.com/\`](https://pr-7.example.com/) ¶ \`\`\`text ¶ cloud    ok   1 server running ¶ cluster  ok   1 of 1 voters, leader pr-7-1 ¶ jobs     ok   server 1/1, web 1/1 ¶   server /health 200 in 12 ms ¶   web    /       200 in 4 ms ¶ \`\`\`",
      "logs: **The newest lines of \`pr-7\`** ¶ \`server\` ¶ \`\`\`text ¶ 2026-11-24T12:50:58Z listening on 3000 ¶ 2026-11-24T12:51:02Z GET /health 200 1.2 ms ¶ \`\`\` ¶ \`web\` ¶ \`\`\`text ¶ (nothing) ¶ \`\`\`",
      "no-logs: **The newest lines of \`pr-7\`** ¶ Nothing was written yet.",
      "help: **Commands of a preview** ¶ | comment | what it does | ¶ | :-- | :-- | ¶ | \`/deploy\` | makes the preview, or brings it back; approves the commit that waits for it | ¶ | \`/deploy 1a2b3c4…\` | the same for this commit (all its 40 digits), if it still is the newest | ¶ | \`/redeploy\` | deploys once more, though nothing changed | ¶ | \`/destroy\` | takes the preview away until \`/deploy\` | ¶ | \`/status\` | tells how it is, down to each job | ¶ | \`/logs\` | shows the newest lines of every job; \`/logs server\` those of one | ¶ | \`/extend 24h\` | keeps it so long though nobody works on it; \`3d\`, at most 7 days from now | ¶ | \`/help\` | says this | ¶ For everybody who can write to this repository. One command a comment, alone on its line.",
      "unknown: \`/deply\` was not carried out: there is no such command; did you mean /deploy? \`/help\` tells what there is.",
      "refused: \`/deploy\` was not carried out: the commit that was shown is not the newest any more&#58; look at what was pushed since. ¶ \`\`\`text ¶ /deploy 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d ¶ \`\`\`",
      "extended: \`pr-7\` stays until 2026-11-25 12:51 UTC though nobody works on it, unless its pull request is closed before.",
      "failed: \`/logs nothing\` went wrong: ¶ \`\`\`text ¶ there is no job nothing in pr-7; its jobs are server and web ¶ \`\`\` ¶ All of its output is in [the run](https://github.com/acme/shop/actions/runs/123456789).",
    ]
  `);
});

test('the check run has the same words, its title without Markdown', () => {
  expect(words.checkText(comments['failed-beside-an-older'] as CommentView)).toMatchObject({
    title: 'The preview failed',
    summary: expect.stringMatching(/^Commit `1a2b3c4` did not come up\. `9f8e7d6` still answers\.\n\n```text\n/),
  });
});

test('what we write commands nothing, not even when we write it as a person', () => {
  const ours = [...texts, ...Object.values(answers).map((answer) => words.answerText(answer, to))];
  expect(ours.map((text) => parseComment(text).kind).filter((kind) => kind !== 'none')).toEqual([]);
  const payload = example('issue_comment', 'created') as { issue: object; comment: object };
  for (const body of ours) {
    const event = { ...payload, issue: { ...payload.issue, pull_request: {} }, comment: { ...payload.comment, body } };
    expect(readEvent('issue_comment', event, { repository: 'Codertocat/Hello-World' })).toMatchObject({
      because: 'the event issue_comment is our own comment',
    });
  }
});

test('whoever copies the command out of the comment approves the whole commit, not seven digits that another may have', () => {
  const view = comments['waiting-for-approval'] as CommentView;
  const command = words.commentText(view).match(/^\/deploy .*$/m)?.[0] ?? '';
  expect(parseComment(command)).toMatchObject({ command: { name: 'deploy', sha: view.headSha } });
});

test('a template that is missing, asks for what there is not, or writes without end, fails with its name', () => {
  const failure = (changed: Readonly<Record<string, string>>): string => {
    try {
      return createWords({ templates: changed, hide: (text) => text }).commentText(comments['deployed'] as CommentView);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return `${error.message} → ${error.next}`;
    }
  };
  const name = 'templates/pr-state.md.hbs';
  expect(failure({})).toBe(
    `${name} is missing among the templates: comments on pull requests are made of it → copy ${name} from the project, or take away your own folder templates/`,
  );
  expect(failure({ ...templates, [name]: 'up at\n{{adress}}' })).toMatch(
    /^templates\/pr-state\.md\.hbs:2: there is no variable "adress"/,
  );
  expect(failure({ ...templates, [name]: 'x'.repeat(70_000) })).toBe(
    `${name} makes a text of 70001 characters, and a comment holds 65535 → make ${name} shorter`,
  );
});
