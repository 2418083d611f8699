import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/domain/errors.ts';
import { parseEventFile } from '../../src/preview/event-file.ts';
import { readEvent } from '../../src/preview/events.ts';
import { anyLetters } from './hostile.ts';
import { example, recorded } from './recorded.ts';

const repository = 'Codertocat/Hello-World';
const images = { web: `docker.io/acme/shop-web@sha256:${'a'.repeat(64)}` };
const sha = 'ec26c3e57ca3a959ca5aad62de7213c562f8c821';
const because = (name: string, payload: unknown, context: Partial<Parameters<typeof readEvent>[2]> = {}): string => {
  const wake = readEvent(name, payload, { repository, ...context });
  return wake.kind === 'ignored' ? wake.because : `not ignored: ${wake.kind}`;
};
/** An example with one value in it replaced; the path is written with dots. */
const withValue = (payload: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> => {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Record<string, unknown> = payload;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return payload;
};
/** The comment examples are about an issue. */
const comment = (path = 'comment.body', value: unknown = '/deploy'): Record<string, unknown> =>
  withValue(withValue(example('issue_comment', 'created'), 'issue.pull_request', { url: 'x' }), path, value);

test('every recorded payload of GitHub is read: what wakes, and what is ignored', () => {
  const counts: Record<string, number> = {};
  for (const { name, payload } of recorded) {
    const own = (payload as { repository?: { full_name?: string } }).repository?.full_name ?? repository;
    const wake = readEvent(name, payload, { repository: own });
    const key = [name, wake.kind, ...(wake.kind === 'pull-request' ? [wake.action] : [])].join(' ');
    if (wake.kind !== 'ignored' || Object.hasOwn(known, name)) counts[key] = (counts[key] ?? 0) + 1;
    else counts['others ignored'] = (counts['others ignored'] ?? 0) + 1;
  }
  expect(recorded.length).toBeGreaterThan(500);
  expect(counts).toMatchInlineSnapshot(`
    {
      "issue_comment ignored": 20,
      "others ignored": 627,
      "pull_request pull-request closed": 4,
      "pull_request pull-request draft": 3,
      "pull_request pull-request opened": 11,
      "pull_request pull-request other": 22,
      "pull_request pull-request pushed": 1,
      "pull_request pull-request ready": 3,
      "pull_request pull-request reopened": 2,
      "pull_request_review review": 11,
      "pull_request_review_comment ignored": 2,
      "pull_request_review_comment review": 10,
      "workflow_run ignored": 10,
    }
  `);
});
const known = {
  pull_request: 1,
  issue_comment: 1,
  pull_request_review: 1,
  pull_request_review_comment: 1,
  workflow_run: 1,
};

describe('what wakes', () => {
  test('a push to a pull request', () => {
    expect(readEvent('pull_request', example('pull_request', 'synchronize'), { repository })).toMatchInlineSnapshot(`
      {
        "action": "pushed",
        "at": "2019-05-15T15:20:33Z",
        "built": null,
        "kind": "pull-request",
        "number": 2,
        "sender": "Codertocat",
      }
    `);
  });
  test('the same from the base branch, as pull_request_target tells it', () => {
    expect(readEvent('pull_request_target', example('pull_request', 'closed'), { repository })).toMatchObject({
      kind: 'pull-request',
      action: 'closed',
      number: 2,
    });
  });
  test('the repository is the same in other capitals', () => {
    const wake = readEvent('pull_request', example('pull_request', 'opened'), { repository: 'codertocat/hello-world' });
    expect(wake).toMatchObject({ kind: 'pull-request', action: 'opened' });
  });
  test('a workflow that builds and deploys in one hands over its images, but not for one that is closed', () => {
    const told = (action: string, given?: string) => {
      const wake = readEvent('pull_request', example('pull_request', action), { repository, images, sha: given });
      return wake.kind === 'pull-request' ? wake.built : wake;
    };
    expect(told('opened')).toEqual({ sha, images });
    expect(told('synchronize', 'f'.repeat(40))).toEqual({ sha: 'f'.repeat(40), images });
    expect([told('closed'), told('converted_to_draft')]).toEqual([null, null]);
  });
  test('a comment on a pull request', () => {
    expect(readEvent('issue_comment', comment(), { repository })).toMatchInlineSnapshot(`
      {
        "author": {
          "association": "OWNER",
          "login": "Codertocat",
        },
        "body": "/deploy",
        "createdAt": "2019-05-15T15:20:21Z",
        "id": 492700400,
        "kind": "comment",
        "number": 1,
      }
    `);
  });
  test('a review, and a comment on the code', () => {
    expect(readEvent('pull_request_review', example('pull_request_review', 'submitted'), { repository })).toMatchObject(
      { kind: 'review', number: 2, author: { login: 'Codertocat', association: 'OWNER' } },
    );
    const payload = example('pull_request_review_comment', 'created');
    expect(readEvent('pull_request_review_comment', payload, { repository })).toMatchObject({
      kind: 'review',
      author: { association: 'OWNER' },
    });
    const review = (path: string, value: unknown) =>
      readEvent('pull_request_review', withValue(example('pull_request_review', 'dismissed'), path, value), {
        repository,
      });
    expect(review('review.author_association', undefined)).toMatchObject({ author: { association: 'NONE' } });
    expect(review('sender.login', 'eve')).toMatchObject({ author: { login: 'eve', association: 'NONE' } });
    expect([review('review.user', null), review('review.user.type', 'Bot')].map(({ kind }) => kind)).toEqual([
      'ignored',
      'ignored',
    ]);
  });
  const build = (conclusion: string) =>
    withValue(example('workflow_run', 'completed'), 'workflow_run.conclusion', conclusion);
  test('a build that went well, with its images', () => {
    const payload = build('success');
    const { head_sha } = payload['workflow_run'] as { head_sha: string };
    expect(readEvent('workflow_run', payload, { repository, images })).toEqual({
      kind: 'built',
      number: null,
      sha: head_sha,
      images,
    });
  });
  test('a build knows its pull request where GitHub tells one of this repository with that head, and no other', () => {
    const number = (...told: object[]) => {
      const payload = withValue(build('success'), 'workflow_run.pull_requests', told);
      const wake = readEvent('workflow_run', payload, { repository, images });
      return wake.kind === 'built' ? wake.number : wake;
    };
    const payload = build('success');
    const head = { sha: (payload['workflow_run'] as { head_sha: string }).head_sha };
    const base = { repo: { id: (payload['repository'] as { id: number }).id } };
    expect(number({ number: 7, head, base })).toBe(7);
    expect(number({ number: 7, head: { sha: 'f'.repeat(40) }, base })).toBe(null);
    expect(number({ number: 7, head, base: { repo: { id: 1 } } })).toBe(null);
    expect(number({ number: 7, head, base }, { number: 8, head, base })).toBe(null);
    expect(number({ number: -7, head, base })).toBe(null);
  });
  test.each(['failure', 'timed_out', 'cancelled', 'startup_failure'])('a build that ended with %s', (conclusion) => {
    expect(readEvent('workflow_run', build(conclusion), { repository })).toMatchObject({
      kind: 'build-failed',
      conclusion,
      number: null,
    });
  });
  test('a push, a timer or a hand that comes with images', () => {
    const payload = { repository: { full_name: repository }, after: sha };
    expect(readEvent('push', payload, { repository, images })).toEqual({ kind: 'built', number: null, sha, images });
    expect(readEvent('workflow_dispatch', payload, { repository, images, sha })).toMatchObject({ kind: 'built', sha });
  });
});

test('what is ignored says why', () => {
  const opened = (path: string, value: unknown) => withValue(example('pull_request', 'opened'), path, value);
  const said = [
    because('pull_request', opened('repository.full_name', 'somebody/else')),
    because('pull_request', opened('repository', undefined)),
    because('pull_request', opened('pull_request', undefined)),
    because('pull_request', opened('pull_request.head.sha', 'main')),
    because('pull_request', opened('sender', null)),
    because('pull_request', opened('number', 0)),
    because('pull_request', opened('number', -7)),
    because('pull_request', opened('number', 1.5)),
    because('pull_request', opened('number', 10_000_000)),
    because('pull_request', opened('number', '7')),
    because('issue_comment', example('issue_comment', 'created')),
    because('issue_comment', example('issue_comment', 'edited')),
    because('issue_comment', example('issue_comment', 'deleted')),
    because('issue_comment', comment('comment.user.type', 'Bot')),
    because('issue_comment', comment('comment.user.login', 'github-actions[bot]')),
    because('issue_comment', comment('comment.user', null)),
    because('issue_comment', comment('comment.body', '<!-- reconcile:preview:pr-7 -->\n/deploy')),
    because('issue_comment', comment('comment.body', 'x'.repeat(65_537))),
    because('issue_comment', comment('comment.id', 'seven')),
    because('issue_comment', comment('comment.created_at', 'yesterday')),
    because('pull_request_review_comment', example('pull_request_review_comment', 'edited')),
    because('workflow_run', example('workflow_run', 'completed')),
    because('workflow_run', withValue(example('workflow_run', 'completed'), 'workflow_run.conclusion', 'success')),
    because('workflow_run', withValue(example('workflow_run', 'completed'), 'action', 'requested')),
    because('schedule', { repository: { full_name: repository }, schedule: '*/15 * * * *' }),
    because('workflow_dispatch', { repository: { full_name: repository } }),
    because('star', example('star')),
    because('__proto__', { repository: { full_name: repository } }),
    because('toString\u001b[31m', { repository: { full_name: repository } }),
  ];
  expect(said).toMatchInlineSnapshot(`
    [
      "the event pull_request is of somebody/else, not of Codertocat/Hello-World",
      "the event pull_request lacks a valid repository",
      "the event pull_request lacks a valid pull_request",
      "the event pull_request lacks a valid pull_request.head.sha",
      "the event pull_request lacks a valid sender",
      "the event pull_request names no pull request: 0 is no number of one",
      "the event pull_request names no pull request: -7 is no number of one",
      "the event pull_request names no pull request: 1.5 is no number of one",
      "the event pull_request names no pull request: 10000000 is no number of one",
      "the event pull_request lacks a valid number",
      "the event issue_comment is about an issue, not about a pull request",
      "the event issue_comment tells of a comment edited; only new ones count",
      "the event issue_comment tells of a comment deleted; only new ones count",
      "the event issue_comment is by a bot, Codertocat",
      "the event issue_comment is by a bot, github-actions[bot]",
      "the event issue_comment is by an account that is gone",
      "the event issue_comment is our own comment",
      "the event issue_comment lacks a valid comment.body",
      "the event issue_comment lacks a valid comment.id",
      "the event issue_comment lacks a valid comment.created_at",
      "the event pull_request_review_comment tells of edited, which is no work on the code",
      "the event workflow_run tells of a run that ended without conclusion",
      "the event workflow_run tells of a build, but no images of it were given: name them with --image",
      "the event workflow_run tells of a run that is requested, not of one that is completed",
      "the event schedule is about no single pull request: run sweep",
      "the event workflow_dispatch is about no single pull request: run sweep",
      "the event star says nothing about a pull request",
      "the event __proto__ says nothing about a pull request",
      "the event toString says nothing about a pull request",
    ]
  `);
});

test('what is no event, or not one that images could be of, fails with what to do', () => {
  const failure = (act: () => unknown): string => {
    try {
      return `nothing failed: ${JSON.stringify(act())}`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return `${error.message} → ${error.next}`;
    }
  };
  expect([
    failure(() => parseEventFile('event.json', '')),
    failure(() => parseEventFile('event.json', '{"action": "opened"')),
    failure(() => parseEventFile('event.json', 'x'.repeat(26_300_000))),
    failure(() => readEvent('pull_request', null, { repository })),
    failure(() => readEvent('pull_request', [example('pull_request')], { repository })),
    failure(() => readEvent('pull_request', 'opened', { repository })),
    failure(() => readEvent('pull_request', example('pull_request'), { repository, sha: 'main' })),
    failure(() => readEvent('issue_comment', comment(), { repository, images })),
    failure(() => readEvent('schedule', { repository: { full_name: repository } }, { repository, images })),
  ]).toMatchInlineSnapshot(`
    [
      "event.json is empty, and should hold an event as JSON → set GITHUB_EVENT_PATH to the file of an event, as GitHub does",
      "event.json should hold an event as JSON, and is not JSON → set GITHUB_EVENT_PATH to the file of an event, as GitHub does",
      "event.json is larger than any event: 26300000 characters, at most 26214400 → set GITHUB_EVENT_PATH to the file of an event, as GitHub does",
      "the event pull_request is no JSON object, but null → set GITHUB_EVENT_PATH to the file of an event, as GitHub does",
      "the event pull_request is no JSON object, but a list → set GITHUB_EVENT_PATH to the file of an event, as GitHub does",
      "the event pull_request is no JSON object, but a string → set GITHUB_EVENT_PATH to the file of an event, as GitHub does",
      "--sha is no commit: main → write all 40 hex digits of it",
      "images were given with the event issue_comment, in which nothing is built → leave out --image, or run this in the workflow that builds them",
      "images were given with the event schedule, which tells no commit they were built from → add --sha with the commit",
    ]
  `);
});

test('no damage to an event throws anything but a Failure, nor wakes for what is no pull request', () => {
  const ours = recorded.filter(({ name }) => Object.hasOwn(known, name));
  const strange = fc.oneof(
    fc.constantFrom(null, 0, -1, 1e308, Number.MAX_SAFE_INTEGER, '', '__proto__', [], {}, true),
    fc.jsonValue({ maxDepth: 2 }),
    anyLetters(20),
  );
  const damage = fc.record({
    steps: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
    value: fc.option(strange, { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...ours),
      fc.array(damage, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (one, damages, withImages) => {
        const payload = structuredClone(one.payload);
        for (const each of damages) hurt(payload, each);
        const own = (one.payload as { repository: { full_name: string } }).repository.full_name;
        try {
          const wake = readEvent(one.name, payload, { repository: own, ...(withImages && { images }) });
          if ('number' in wake && wake.number !== null)
            expect(Number.isInteger(wake.number) && wake.number > 0 && wake.number < 10_000_000).toBe(true);
          if ('sha' in wake) expect(wake.sha).toMatch(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
          if (wake.kind === 'comment') expect(wake.body.length).toBeLessThanOrEqual(65_536);
          if (wake.kind === 'ignored') expect(wake.because.length).toBeLessThan(600);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

/** Walks to some place of a document, deeper with each step, and puts the value there, or takes away what was there. */
const hurt = (
  payload: object,
  { steps, value }: { readonly steps: readonly number[]; readonly value: unknown },
): void => {
  let at = payload as Record<string, unknown>;
  steps.forEach((step, index) => {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) return;
    const inside = at[key];
    if (index < steps.length - 1 && typeof inside === 'object' && inside !== null) {
      at = inside as Record<string, unknown>;
    } else if (value === undefined) delete at[key];
    else Object.defineProperty(at, key, { value, enumerable: true, configurable: true, writable: true });
  });
};
