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

interface Example {
  readonly name: string;
  readonly examples: readonly { readonly repository?: { readonly full_name?: string } }[];
}

/** Payloads that GitHub recorded and published, read as events of the very repository they name. */
export const replayRecorded = (): readonly Replayed[] => {
  const definitions = createRequire(import.meta.url)(
    '@octokit/webhooks-examples/api.github.com/index.json',
  ) as readonly Example[];
  const other = definitions.filter(({ name }) => !wanted.includes(name)).map(({ name }) => name);
  return [...wanted, ...other].map((name) => {
    const examples = definitions.find((one) => one.name === name)?.examples ?? [];
    const wakes: Wake[] = [];
    let refused = 0;
    for (const payload of examples) {
      try {
        wakes.push(readEvent(name, payload, { repository: payload.repository?.full_name ?? 'acme/shop' }));
      } catch {
        refused += 1;
      }
    }
    const ignored = wakes.filter(({ kind }) => kind === 'ignored').length;
    return { name, read: wakes.length - ignored, ignored, refused, wakes };
  });
};
