import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyLimit, fitted, fittedTitle, marked, quoted, summaryLimit } from '../../src/github/text.ts';
import { acmeShop } from '../emulator/github/support.ts';
import { check, hostOf } from './support.ts';

test('what fits stays as it is; what does not is cut with a note, and its code block is closed', () => {
  expect(fitted('x'.repeat(bodyLimit))).toHaveLength(bodyLimit);
  const cut = fitted(`Log:\n\`\`\`\n${'line\n'.repeat(20_000)}`);
  expect(cut.length).toBeLessThanOrEqual(bodyLimit);
  expect(cut).toMatch(/\n```\n\n_Cut here: this was 100009 characters long, and GitHub takes 65536\._$/);
  expect(fittedTitle(`a\n b ${'c'.repeat(300)}`)).toMatch(/^a b c{251}…$/);
});

test('never longer than the limit, never half a character, always with the marker', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer({ min: 1, max: 1_500 }), (piece, times) => {
      const body = `${piece}😀`.repeat(times);
      for (const text of [fitted(body, 300), marked(body, '<!-- m -->')]) {
        expect(text.length).toBeLessThanOrEqual(bodyLimit);
        expect(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/.test(text.replaceAll(piece, ''))).toBe(false);
      }
      expect(fitted(body, 300).length).toBeLessThanOrEqual(300);
      expect(marked(body, '<!-- m -->')).toContain('<!-- m -->');
    }),
    { numRuns: 30 },
  );
});

test("somebody else's words stay on one line", () => {
  expect(quoted('a\r\n\u001b[31mb\u202e\u0007 c')).toBe('a [31mb c');
});

test('GitHub takes whatever is as long as can be', async () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({ author: 'ann' });
  const host = hostOf(github);
  const body = '😀'.repeat(70_000);
  await host.putComment(1, { body, marker: '<!-- m -->', known: null });
  await host.reply(1, body);
  await host.putCheck({ ...check, known: null, sha, conclusion: 'failure', title: body, summary: body });
  await host.putIssue({ marker: '<!-- m -->', title: body, body, closing: '' });
  expect(github.state.comments.map((row) => row.body.startsWith('<!-- m -->'))).toEqual([true, false]);
  expect(github.state.checks[0]?.summary?.length).toBeLessThanOrEqual(summaryLimit);
  expect(github.state.issues[0]?.title).toMatch(/^(?:😀)+…$/u);
});
