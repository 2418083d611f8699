import examples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' };
import { expect, test } from 'vitest';
import type { Delivery } from '../../../src/emulator/github/deliveries.ts';
import { acmeShop } from './support.ts';

/*
 * Recorded deliveries are of 2019 to 2023, some from before a field existed and some after one was gone: what every
 * recording of an action has, ours has too, with the same kind of value.
 */
type Json = Readonly<Record<string, unknown>>;
/** Of organisations, apps and milestones, which the emulated repository has none of. */
const left = ['installation', 'organization', 'assignee', 'milestone'];
const recorded = examples as unknown as readonly { readonly name: string; readonly examples: readonly Json[] }[];
const recordings = (event: string, action: string | undefined): readonly Json[] =>
  recorded.find(({ name }) => name === event)?.examples.filter((example) => example['action'] === action) ?? [];

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);
const isRecord = (value: unknown): value is Json => kindOf(value) === 'object';

/** Paths that all recordings have and the payload has not, or as another kind of value. */
const missing = (payload: unknown, all: readonly unknown[], path = ''): string[] => {
  const records = all.filter(isRecord);
  if (records.length < all.length || records.length === 0) return [];
  const [first = {}] = records;
  return Object.keys(first)
    .filter((key) => !left.includes(key) && records.every((one) => key in one))
    .flatMap((key) => {
      const here = `${path}/${key}`;
      if (!isRecord(payload) || !(key in payload)) return [`${here} is missing`];
      const kinds = records.map((one) => kindOf(one[key]));
      const kind = kindOf(payload[key]);
      if (!kinds.includes(kind) && kind !== 'null' && !kinds.includes('null'))
        return [`${here} is ${kind}, not ${kinds[0]}`];
      return missing(
        payload[key],
        records.map((one) => one[key]),
        here,
      );
    });
};

const github = acmeShop();
const { people } = github;
const opened = people.openPull({ author: 'ann', ref: 'search', labels: ['bug'] });
const comment = people.comment(1, { by: 'ann', body: '/deploy' });
const acts: readonly Delivery[] = [
  opened,
  people.push(1),
  people.draft(1),
  people.ready(1),
  people.label(1, 'preview'),
  people.unlabel(1, 'preview'),
  people.close(1),
  people.reopen(1),
  comment,
  people.editComment(comment.id, { by: 'ann', body: '/destroy' }),
  people.deleteComment(comment.id),
  people.review(1, { by: 'ann', state: 'approved' }),
  people.codeComment(1, { by: 'ann', body: 'why?' }),
  people.pushMain(),
];

test.each(acts.map((act) => [`${act.event} ${act.payload['action'] ?? ''}`.trim(), act] as const))(
  'the payload of %s has what the recorded ones have',
  (_title, { event, payload }) => {
    const all = recordings(event, payload['action'] as string | undefined);
    expect(all.length).toBeGreaterThan(0);
    expect(missing(payload, all)).toEqual([]);
  },
);

test('a push says from where to where, a review which commit, a comment on a pull request that it is on one', () => {
  const [, push] = acts;
  expect(push?.payload).toMatchObject({
    before: opened.sha,
    after: github.state.pulls[0]?.headSha,
    sender: { login: 'ann' },
  });
  expect(acts.find(({ event }) => event === 'pull_request_review')?.payload).toMatchObject({
    review: { state: 'approved', commit_id: github.state.pulls[0]?.headSha },
  });
  expect(comment.payload).toMatchObject({
    issue: { number: 1, pull_request: { url: expect.stringContaining('/pulls/1') } },
  });
});
