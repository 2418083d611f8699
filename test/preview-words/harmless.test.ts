import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visibleText } from '../../src/preview/escape.ts';
import type { Answer, CommentView } from '../../src/preview/types.ts';
import { createWords, textMax } from '../../src/preview/words.ts';
import { hostile, long, views } from './hostile.ts';
import { foreignIn } from './markdown.ts';
import { hasCmark } from './shown-lines.ts';
import { comments } from './views.ts';
import { templates, words } from './words.ts';

const marker = '<!-- reconcile:preview:pr-7 -->';
/** Addresses we link, where they are nothing but addresses. */
const targetsOf = ({ url, runUrl, repositoryUrl, headSha, deployedSha }: CommentView): string[] => {
  const hex = (sha: string | null) => (sha ?? '').replaceAll(/[^0-9a-f]/g, '').slice(0, 64);
  return [url, runUrl, ...[headSha, deployedSha].map((sha) => `${repositoryUrl}/pull/7/commits/${hex(sha)}`)].filter(
    (target): target is string => target !== null && !/[\s<>()|`"\\]/.test(target) && /^https?:\/\//.test(target),
  );
};
const to = (login: string) => ({ pullRequest: 7, login });
const answers = (text: fc.Arbitrary<string>): fc.Arbitrary<Answer> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('status' as const),
      url: fc.constant(null),
      lines: fc.array(text, { maxLength: 300 }),
    }),
    fc.record({
      kind: fc.constant('logs' as const),
      outputs: fc.array(fc.record({ job: text, text }), { maxLength: 30 }),
    }),
    fc.record({ kind: fc.constant('unknown' as const), typed: text, because: text }),
    fc.record({ kind: fc.constant('refused' as const), typed: text, because: text, next: fc.option(text) }),
    fc.record({ kind: fc.constant('extended' as const), until: text }),
    fc.record({ kind: fc.constant('failed' as const), typed: text, message: text, runUrl: fc.option(text) }),
  );

test('whatever is written anywhere: no HTML, link, mention or reference in a comment but ours, and its marker leads it', () => {
  fc.assert(
    fc.property(views(hostile), (view) => {
      const text = words.commentText(view);
      expect(text.startsWith(`${marker}\n`)).toBe(true);
      expect(text.indexOf('<!-- reconcile:', 1)).toBe(-1);
      expect(foreignIn(text, targetsOf(view))).toEqual([]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be in it.
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      expect(text.isWellFormed()).toBe(true);
      expect(foreignIn(words.checkText(view).summary, targetsOf(view))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('whatever is written anywhere: the same of answers, and no answer is taken for the comment', () => {
  fc.assert(
    fc.property(answers(hostile), hostile, (answer, login) => {
      const text = words.answerText(answer, to(login));
      expect(text.startsWith('<!-- reconcile:answer:pr-7 -->\n')).toBe(true);
      expect(text).not.toContain(marker);
      expect(foreignIn(text, 'runUrl' in answer && answer.runUrl !== null ? [answer.runUrl] : [])).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('however long it is, it fits into a comment', () => {
  fc.assert(
    fc.property(views(long), answers(long), long, (view, answer, login) => {
      expect(words.commentText(view).length).toBeLessThanOrEqual(textMax);
      expect(words.checkText(view).summary.length).toBeLessThanOrEqual(textMax);
      expect(words.answerText(answer, to(login)).length).toBeLessThanOrEqual(textMax);
    }),
    { numRuns: 15 },
  );
});

test('the reason of a failure shows its last lines, in a fence that nothing in it closes', () => {
  const lines = Array.from({ length: 50 }, (_, at) => `line ${at + 1}`);
  const text = words.commentText({
    ...(comments['failed'] as CommentView),
    detail: ['```', ...lines, '`````'].join('\n'),
  });
  expect(text).toContain('\n``````text\n… 22 earlier lines\nline 22\n');
  expect(text).toContain('\nline 50\n`````\n``````\n');
});

test('secrets are taken out before a text is escaped, wherever they stand', () => {
  const secret = 'hunter2-and-more-of_it';
  const hiding = createWords({ templates, hide: (text) => text.replaceAll(secret, '[redacted]') });
  const view = Object.fromEntries(
    Object.entries(comments['hostile'] as CommentView).map(([key, value]) => [
      key,
      typeof value === 'string' && key !== 'state' ? `${value} ${secret}` : value,
    ]),
  ) as unknown as CommentView;
  const said = [
    hiding.commentText({ ...view, images: { [`a ${secret}`]: secret } }),
    hiding.commentText({ ...view, state: 'waiting-for-images' }),
    hiding.answerText({ kind: 'logs', outputs: [{ job: 'web', text: secret }] }, to('alice')),
    hiding.answerText({ kind: 'refused', typed: secret, because: secret, next: secret }, to(secret)),
  ].join('\n');
  expect(said).not.toMatch(/hunter2|more-of|more&#45;of/);
  expect(said).toContain('redacted');
});

const cmark = ['-e', 'table', '-e', 'autolink', '-e', 'strikethrough', '-e', 'tasklist', '-e', 'tagfilter', '--unsafe'];
const html = (markdown: string): string => {
  const { status, stdout } = spawnSync('cmark-gfm', cmark, { input: markdown, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cmark-gfm ended with ${status}`);
  return stdout;
};

/** Tags in their order, without links, which depend on addresses that may or may not be ones. */
const tagsOf = (text: string): string[] =>
  (html(text).match(/<(?:!--|\/?[a-z])[^>]*>/gi) ?? []).filter((tag) => !/^<\/?a\b/.test(tag));
/** The same view with a plain word in place of each text that shows. */
const plain = (text: string): string => (visibleText(text) === '' ? '' : 'Word');
const plainView = (view: CommentView): CommentView => ({
  ...view,
  author: plain(view.author),
  environment: plain(view.environment),
  approvedBy: view.approvedBy === null ? null : plain(view.approvedBy),
  dismissedBy: view.dismissedBy === null ? null : plain(view.dismissedBy),
  detail: view.detail === null ? null : plain(view.detail),
  images:
    view.images === null
      ? null
      : Object.fromEntries(Object.entries(view.images).map(([, image], at) => [`job-${at}`, plain(image)])),
  holders: view.holders.map((holder) => ({ ...holder, environment: plain(holder.environment) })),
});

describe.skipIf(!hasCmark)(`as GitHub's own parser reads it${hasCmark ? '' : ' (cmark-gfm is not installed)'}`, () => {
  test('foreign text changes nothing of the structure, and no link leads elsewhere', () => {
    fc.assert(
      fc.property(views(hostile), (view) => {
        const text = words.commentText(view);
        expect(tagsOf(text)).toEqual(tagsOf(words.commentText(plainView(view))));
        const hrefs = [...html(text).matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
        expect(hrefs.filter((href) => !targetsOf(view).includes(href))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
  test('the same of answers', () => {
    fc.assert(
      fc.property(answers(hostile), hostile, (answer, login) => {
        const rendered = html(words.answerText(answer, to(login)));
        const tags = new Set((rendered.match(/<\/?[a-z]+/gi) ?? []).map((tag) => tag.replace(/^<\/?/, '')));
        const known = ['p', 'code', 'pre', 'strong', 'sub', 'a'];
        expect([...tags].filter((tag) => !known.includes(tag))).toEqual([]);
        expect(rendered.includes('<a ')).toBe('runUrl' in answer && rendered.includes('>the run</a>'));
      }),
      { numRuns: 25 },
    );
  });
});
