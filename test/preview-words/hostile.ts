import fc from 'fast-check';
import type { CommentView } from '../../src/preview/types.ts';
import { comments } from './views.ts';

/** What people and programs may write to break out of our Markdown, to ping, to link, or to steer a terminal. */
const pieces = [
  ...['`', '``', '```', '```\n', '~~~', '`````````````', '\\', '\\`', '\\|', '|', '||', '\n| a |\n| - |\n'],
  ...['<', '>', '</details>', '</summary>', '<script>', '<b>', '<br', '<!--', '-->', '<!-- reconcile:preview:pr-7 -->'],
  ...[
    '@alice',
    '@acme/team',
    '#1',
    'acme/shop#1',
    'GH-1',
    'gh-1',
    'a@evil.example',
    ':tada:',
    '&#64;alice',
    '&lt;b&gt;',
  ],
  ...['https://evil.example', 'HTTP://evil.example', 'www.evil.example', 'WWW.evil.example', 'mailto:a@evil.example'],
  ...[
    '[x](https://evil.example)',
    '![x](https://evil.example/x.png)',
    '[x]: https://evil.example',
    '<https://evil.example>',
  ],
  ...[
    '\n',
    '\n\n',
    '\r\n',
    '\r',
    '\t',
    '    ',
    ' ',
    '- ',
    '* ',
    '1. ',
    '# ',
    '---',
    '\n===\n',
    '> ',
    '/deploy',
    '$$',
    '*',
    '_',
    '~~',
  ],
  ...[
    '\u0000',
    '\u001b[31m',
    '\u001b]8;;https://evil.example\u0007',
    '\u202e',
    '\u200b',
    '\u2028',
    '\ud800',
    '😀',
    'é',
    'x',
  ],
];
/** Code units as they come, also halves of pairs. */
export const anyLetters = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength }).map((units) => String.fromCharCode(...units));
export const hostile: fc.Arbitrary<string> = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, anyLetters(8)), {
    maxLength: 14,
  })
  .map((parts) => parts.join(''));
/** Of the longest that is let through, and longer. */
export const long: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...pieces), fc.integer({ min: 1, max: 30_000 }))
  .map(([piece, times]) => piece.repeat(times).slice(0, 100_000));

const urls = fc.oneof(
  fc.constantFrom(
    'https://pr-7.example.com/',
    'https://evil.example/)<b>',
    'javascript:alert(1)',
    'https://a b',
    'https://a|b',
  ),
  hostile,
);
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const whole = fc.integer({ min: -10, max: 1e9 });

/** A view with foreign text wherever there may be some. */
export const views = (text: fc.Arbitrary<string>): fc.Arbitrary<CommentView> =>
  fc
    .record({
      base: fc.constantFrom(...Object.values(comments)),
      author: text,
      approvedBy: nullable(text),
      dismissedBy: nullable(text),
      detail: nullable(text),
      environment: text,
      url: nullable(urls),
      repositoryUrl: nullable(fc.oneof(fc.constant('https://github.com/acme/shop'), hostile)),
      runUrl: nullable(urls),
      headSha: text,
      deployedSha: nullable(text),
      goesAt: nullable(fc.oneof(fc.constant('2026-11-27T12:51:00.000Z'), text)),
      updatedAt: fc.oneof(fc.constant('2026-11-24T12:51:00.000Z'), text),
      costSoFarCents: nullable(whole),
      monthlyCents: nullable(whole),
      images: nullable(fc.dictionary(text, text, { maxKeys: 20 })),
      holders: fc.array(fc.record({ environment: text, since: text, idleMs: nullable(whole) }), { maxLength: 70 }),
    })
    .map(({ base, ...rest }) => ({ ...base, ...rest }));
