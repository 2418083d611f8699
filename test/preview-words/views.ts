import type { Answer, CommentView } from '../../src/preview/types.ts';

const hourMs = 3_600_000;
const now = '2026-11-24T12:51:00.000Z';
const headSha = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const olderSha = '9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c';
const digest = (letter: string) => `sha256:${letter.repeat(4)}0123456789ab${letter.repeat(48)}`;
const images = {
  server: `docker.io/acme/shop-server@${digest('a')}`,
  web: `docker.io/acme/shop-web@${digest('b')}`,
};

const nothing: CommentView = {
  pullRequest: 7,
  environment: 'pr-7',
  state: 'creating',
  because: null,
  policy: { max: 15, ttlMs: 72 * hourMs, atCap: 'wait', mode: 'server', images: 'commit' },
  repositoryUrl: 'https://github.com/acme/shop',
  author: 'alice',
  url: null,
  headSha,
  deployedSha: null,
  images: null,
  costSoFarCents: null,
  monthlyCents: 459,
  goesAt: null,
  detail: null,
  holders: [],
  approvedBy: null,
  dismissedBy: null,
  runUrl: 'https://github.com/acme/shop/actions/runs/123456789',
  updatedAt: now,
};
const up: Partial<CommentView> = {
  url: 'https://pr-7.example.com/',
  deployedSha: headSha,
  images,
  costSoFarCents: 12,
  goesAt: '2026-11-27T12:51:00.000Z',
};
const older: Partial<CommentView> = { ...up, deployedSha: olderSha };
const view = (some: Partial<CommentView>): CommentView => ({ ...nothing, ...some });
const gone = (because: CommentView['because'], some: Partial<CommentView> = {}): CommentView =>
  view({ state: 'destroyed', because, monthlyCents: null, ...some });
const pool: CommentView['policy'] = { ...nothing.policy, mode: 'pool', idleStopMs: 4 * hourMs };
const holders = Array.from({ length: 15 }, (_, at) => ({
  environment: `pr-${at + 20}`,
  since: new Date(Date.parse(now) - (40 - 2 * at) * hourMs).toISOString(),
  idleMs: at === 3 ? null : (30 - 2 * at) * hourMs,
}));
const trouble = [
  'pr-7 did not become healthy within 5 min: job/server has 0 of 1 allocations running',
  '  server: Error: connect ECONNREFUSED 10.0.1.2:5432',
  '      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
  '  server: exited with 1, restarted 3 times in 1 min',
  'The servers stay as they are.',
].join('\n');

/** The comment in every state, by the name of its file. */
export const comments: Readonly<Record<string, CommentView>> = {
  creating: view({}),
  'creating-in-a-pool': view({ policy: pool }),
  updating: view({ state: 'updating', ...older }),
  deployed: view({ state: 'deployed', ...up }),
  'deployed-in-a-pool': view({
    state: 'deployed',
    ...up,
    policy: pool,
    url: 'https://pr-7.pr.example.com/',
    monthlyCents: 61,
    costSoFarCents: 1,
  }),
  'deployed-for-a-stranger': view({ state: 'deployed', ...up, author: 'mallory', approvedBy: 'alice' }),
  failed: view({ state: 'failed', detail: trouble }),
  'failed-beside-an-older': view({ state: 'failed', ...older, detail: trouble }),
  'build-failed': view({ state: 'failed', detail: 'the build of 1a2b3c4 ended with failure' }),
  stopped: view({ state: 'stopped', policy: pool, monthlyCents: null }),
  'waiting-for-approval': view({ state: 'waiting-for-approval', author: 'mallory' }),
  'waiting-for-approval-beside-an-older': view({
    state: 'waiting-for-approval',
    author: 'mallory',
    ...older,
    approvedBy: 'alice',
  }),
  'waiting-for-images': view({ state: 'waiting-for-images' }),
  'waiting-for-place': view({ state: 'waiting-for-place', holders }),
  'waiting-for-place-that-one-makes': view({
    state: 'waiting-for-place',
    policy: { ...nothing.policy, max: 3, atCap: 'evict-oldest-idle' },
    holders: holders.slice(0, 3),
  }),
  'author-limit': view({
    state: 'author-limit',
    policy: { ...nothing.policy, maxPerAuthor: 2 },
    holders: holders.slice(0, 2),
  }),
  budget: view({ state: 'budget', policy: { ...nothing.policy, budgetCents: 5_000 }, holders: holders.slice(0, 4) }),
  draft: view({ state: 'draft', because: 'draft' }),
  'destroyed-closed': gone('closed'),
  'destroyed-merged': gone('merged'),
  'destroyed-dismissed': gone('dismissed', { dismissedBy: 'bob' }),
  'destroyed-expired': gone('expired'),
  'destroyed-evicted': gone('evicted', { detail: 'it made room for pr-31: nobody had worked on it for longest' }),
  'destroyed-not-approved': gone('not-approved'),
  'destroyed-otherwise': gone(null, { detail: 'its server was deleted by hand' }),
  hostile: view({
    state: 'failed',
    ...older,
    author: '</details>@alice|x',
    approvedBy: '`@alice`',
    images: { '</td>|': '![x](https://evil.example/x.png)|<b>@alice</b>' },
    detail: '```\n</details>\n<script>alert(1)</script>\n@alice #1\n````\n<!-- reconcile:preview:pr-8 -->',
  }),
};

/** Answers to commands, by the name of their files. */
export const answers: Readonly<Record<string, Answer>> = {
  status: {
    kind: 'status',
    url: 'https://pr-7.example.com/',
    lines: [
      'cloud    ok   1 server running',
      'cluster  ok   1 of 1 voters, leader pr-7-1',
      'jobs     ok   server 1/1, web 1/1',
      '  server /health 200 in 12 ms',
      '  web    /       200 in 4 ms',
    ],
  },
  logs: {
    kind: 'logs',
    outputs: [
      { job: 'server', text: '2026-11-24T12:50:58Z listening on 3000\n2026-11-24T12:51:02Z GET /health 200 1.2 ms\n' },
      { job: 'web', text: '' },
    ],
  },
  'no-logs': { kind: 'logs', outputs: [] },
  help: { kind: 'help' },
  unknown: { kind: 'unknown', typed: '/deply', because: 'there is no such command; did you mean /deploy?' },
  refused: {
    kind: 'refused',
    typed: '/deploy',
    because: 'the commit that was shown is not the newest any more: look at what was pushed since',
    next: `/deploy ${headSha}`,
  },
  extended: { kind: 'extended', until: '2026-11-25T12:51:00.000Z' },
  failed: {
    kind: 'failed',
    typed: '/logs nothing',
    message: 'there is no job nothing in pr-7; its jobs are server and web',
    runUrl: 'https://github.com/acme/shop/actions/runs/123456789',
  },
};
