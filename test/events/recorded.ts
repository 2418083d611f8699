import { createRequire } from 'node:module';
import { readEvent } from '../../src/preview/events.ts';
import type { Wake } from '../../src/preview/types.ts';

/** One kind of event as GitHub sent it to others, and what becomes of it here. */
export interface Replayed {
  readonly name: string;
  readonly read: number;
  readonly ignored: number;
  readonly refused: number;
  readonly wakes: readonly Wake[];
}

const wanted = [
  'pull_request',
  'issue_comment',
  'pull_request_review',
  'pull_request_review_comment',
  'workflow_run',
  'push',
  'workflow_dispatch',
];

type Payload = {
  readonly repository?: { readonly full_name?: string };
  readonly issue?: object;
  readonly comment?: object;
};
interface Example {
  readonly name: string;
  readonly examples: readonly Payload[];
}

/** Payloads that GitHub recorded and published, read as events of the very repository they name. */
export const replayRecorded = (): readonly Replayed[] => {
  const definitions = createRequire(import.meta.url)(
    '@octokit/webhooks-examples/api.github.com/index.json',
  ) as readonly Example[];
  const examplesOf = (name: string): readonly Payload[] => definitions.find((one) => one.name === name)?.examples ?? [];
  const other = definitions.filter(({ name }) => !wanted.includes(name)).map(({ name }) => name);
  // None was recorded on a pull request: the same ones, had they been.
  const onPulls = examplesOf('issue_comment').map((payload) => ({
    ...payload,
    issue: { ...payload.issue, pull_request: { url: 'https://api.github.com/repos/acme/shop/pulls/1' } },
    comment: { ...payload.comment, body: '/deploy' },
  }));
  return [
    ...wanted.map((name) => replay(name, name, examplesOf(name))),
    replay('issue_comment', 'issue_comment: /deploy', onPulls),
    ...other.map((name) => replay(name, name, examplesOf(name))),
  ];
};

const replay = (name: string, title: string, examples: readonly Payload[]): Replayed => {
  const wakes: Wake[] = [];
  let refused = 0;
  for (const payload of examples) {
    const repository = payload.repository?.full_name ?? 'acme/shop';
    const images = name === 'workflow_run' ? { images: { web: 'docker.io/acme/web:1' } } : {};
    try {
      wakes.push(readEvent(name, payload, { repository, ...images }));
    } catch {
      refused += 1;
    }
  }
  const ignored = wakes.filter(({ kind }) => kind === 'ignored').length;
  return { name: title, read: wakes.length - ignored, ignored, refused, wakes };
};
