import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseComment } from '../../src/preview/commands.ts';
import { anyLetters } from './hostile.ts';
import { hasCmark, shownLines } from './shown-lines.ts';

const hour = 3_600_000;
/** What a comment says, in short. */
const told = (body: string): string => {
  const parsed = parseComment(body);
  if (parsed.kind === 'none') return 'nothing';
  if (parsed.kind === 'unknown') return `unknown: ${parsed.because}`;
  const { name, ...rest } = parsed.command;
  return [name, ...Object.values(rest).map(String), ...(parsed.second === null ? [] : ['and a second'])].join(' ');
};

test.each([
  ['/deploy', 'deploy null'],
  ['/deploy 1a2b3c4', 'deploy 1a2b3c4'],
  ['/deploy 1A2B3C4D', 'deploy 1a2b3c4d'],
  [`/deploy ${'0123456789'.repeat(4)}`, `deploy ${'0123456789'.repeat(4)}`],
  ['/redeploy', 'redeploy'],
  ['/destroy', 'destroy'],
  ['/status', 'status'],
  ['/logs', 'logs null'],
  ['/logs server', 'logs server'],
  ['/logs Web-2', 'logs web-2'],
  ['/extend 24h', `extend ${24 * hour}`],
  ['/extend 3D', `extend ${72 * hour}`],
  ['/extend 7d', `extend ${168 * hour}`],
  ['/extend 168h', `extend ${168 * hour}`],
  ['/help', 'help'],
])('%j is a command', (body, said) => {
  expect(told(body)).toBe(said);
});

test.each([
  ['  /deploy  \t', 'deploy null'],
  ['/DEPLOY', 'deploy null'],
  ['Looks good!\r\n\r\n/deploy\r\n', 'deploy null'],
  ['Looks good!\r/deploy', 'deploy null'],
  ['Looks good!\n/logs   server\nThanks', 'logs server'],
  ['- fixed the title\n- and the footer\n/deploy', 'deploy null'],
  ['> does it work?\n\nLet me see.\n/deploy', 'deploy null'],
  ['```\nnpm test\n```\n/deploy', 'deploy null'],
  ['~~~ sh\n```\n~~~\n/deploy', 'deploy null'],
  ['<!-- a note -->\n/deploy', 'deploy null'],
  ['text with `code` and a <b>tag</b>\n/deploy', 'deploy null'],
  ['a \\` b\n/deploy\nc ` d', 'deploy null'],
  ['# Please\n/deploy', 'deploy null'],
  ['/deploy\n/deploy', 'deploy null'],
])('however people write it: %j', (body, said) => {
  expect(told(body)).toBe(said);
});

test.each([
  ['in a sentence', 'please /deploy this'],
  ['in a sentence that begins with it', '/deploy is broken on my machine'],
  ['in code', '`/deploy`'],
  ['in a fence', '```\n/deploy\n```'],
  ['in a fence with a language', '```sh\n/deploy\n```'],
  ['in a fence of tildes', '~~~\n/deploy\n~~~'],
  ['in a fence that nobody closed', 'so:\n```\n/deploy\n'],
  ['in a fence behind a shorter one', '````\n```\n/deploy\n````'],
  ['in a fence of the other mark', '```\n~~~\n/deploy\n```'],
  ['in a fence whose end has something behind it', '```\n``` x\n/deploy\n```'],
  ['in a fence of a list', '- like this:\n  ```\n  /deploy\n  ```\n'],
  ['in a fence that begins a list item', '- ```\n  /deploy\n  ```'],
  ['in a fence of a quote', '> ```\n> /deploy\n> ```'],
  ['in a fence behind an indented one', 'a\n\n    ```\n\n```\n/deploy\n```'],
  ['indented by four', 'so:\n\n    /deploy'],
  ['indented below a paragraph', 'so:\n    /deploy'],
  ['indented by a tab', 'so:\n\n\t/deploy'],
  ['in a list', '- /deploy\n1. /deploy\n* [ ] /deploy'],
  ['in a list item of more lines', '1. write\n   /deploy\n2. wait'],
  ['quoted', '> /deploy'],
  ['quoted without a blank', '>/deploy'],
  ['quoted twice', '> > /deploy'],
  ['quoted, carried on without the mark', '> when I say\n/deploy'],
  ['quoted over an underline', '> when I say\n===\n/deploy'],
  ['in an HTML comment', '<!-- /deploy -->'],
  ['in an HTML comment of several lines', '<!--\n/deploy\n-->'],
  ['in an HTML comment with blank lines', '<!--\n\n/deploy\n\n-->'],
  ['in an HTML comment that nobody closed', '<!-- \n\n/deploy'],
  ['in an HTML comment behind words', 'see <!--\n/deploy\n-->'],
  ['in HTML', '<details>\n/deploy\n</details>'],
  ['in preformatted HTML with blank lines', '<pre>\n\n/deploy\n\n</pre>'],
  ['in an attribute', 'see <a title=">\n/deploy\n">'],
  ['in code of several lines', 'see `a\n/deploy\nb`'],
  ['in code that an escaped backtick begins', 'see \\`` a\n/deploy\n`'],
  ['as a link', '[docs](\n/deploy\n)'],
  ['as a link defined', '[docs]:\n/deploy'],
  ['as a heading', '# /deploy'],
  ['in bold', '**/deploy**'],
  ['behind an invisible letter', '\u200b/deploy'],
  ['with letters that only look alike', '/d\u0435ploy'],
  ['as a fraction', '1/2'],
  ['as an empty comment', ''],
])('%s, a command is only talked about', (_where, body) => {
  expect(told(body)).toBe('nothing');
});

test.each(['/etc/passwd', '/api', '/api/deploy', '/deploy/', '/home', '/logo', '/blogs', '/state', '/login', '/test'])(
  '%s is a path',
  (path) => {
    expect(told(path)).toBe('nothing');
  },
);
test.each([
  '/lgtm',
  '/approve',
  '/cc @alice',
  '/shrug',
  '/retest',
  '/close',
  '/hold',
  '/assign me',
  '/',
  '//',
  '/ deploy',
  '/deploys are slow today',
])('%s is not for us', (line) => {
  expect(told(line)).toBe('nothing');
});

test('what was meant as a command and is none gets a reason', () => {
  const lines = [
    '/deply',
    '/depoly 1a2b3c4',
    '/desroy',
    '/dest',
    '/log',
    '/stauts',
    '/Deploy!',
    '/deploy 1a2b3c',
    '/deploy main',
    '/deploy 1a2b3c4 now',
    '/destroy please',
    '/logs ../../etc',
    '/extend',
    '/extend 0h',
    '/extend 24 h',
    '/extend 8d',
    '/extend 1w',
    '/extend -5h',
    '/extend 999999d',
  ];
  expect(lines.map((line) => `${line} → ${told(line)}`)).toMatchInlineSnapshot(`
    [
      "/deply → unknown: there is no such command; did you mean /deploy?",
      "/depoly 1a2b3c4 → unknown: there is no such command; did you mean /deploy?",
      "/desroy → unknown: there is no such command; did you mean /destroy?",
      "/dest → unknown: there is no such command; did you mean /destroy?",
      "/log → unknown: there is no such command; did you mean /logs?",
      "/stauts → unknown: there is no such command; did you mean /status?",
      "/Deploy! → unknown: a command stands alone on its line, without !",
      "/deploy 1a2b3c → unknown: behind /deploy stands nothing, or a commit with all its 40 hex digits, found: 1a2b3c",
      "/deploy main → unknown: behind /deploy stands nothing, or a commit with all its 40 hex digits, found: main",
      "/deploy 1a2b3c4 now → unknown: behind /deploy stands nothing, or a commit with all its 40 hex digits, found: 1a2b3c4 now",
      "/destroy please → unknown: /destroy takes nothing behind it, found: please",
      "/logs ../../etc → unknown: behind /logs stands nothing, or the name of one job, found: ../../etc",
      "/extend → unknown: behind /extend stands how long, in hours or days: 24h or 3d",
      "/extend 0h → unknown: 0h is no time at all: write 24h or 3d",
      "/extend 24 h → unknown: behind /extend stands how long, in hours or days: 24h or 3d, found: 24 h",
      "/extend 8d → unknown: 8d is longer than 7 days, which is the most",
      "/extend 1w → unknown: behind /extend stands how long, in hours or days: 24h or 3d, found: 1w",
      "/extend -5h → unknown: behind /extend stands how long, in hours or days: 24h or 3d, found: -5h",
      "/extend 999999d → unknown: 999999d is longer than 7 days, which is the most",
    ]
  `);
});

describe('more than one command in a comment', () => {
  test('the first counts, and the second is told why it does not', () => {
    expect(parseComment('/deploy\n/logs server\n/help')).toEqual({
      kind: 'command',
      command: { name: 'deploy', sha: null },
      second: {
        typed: '/logs server',
        because: 'one command a comment: /deploy above it counts, so this one needs a comment of its own',
      },
    });
  });
  test('a first one that is misspelled is told, and the second is not carried out', () => {
    expect(told('/destory\n/deploy')).toMatch(/^unknown: there is no such command; did you mean \/destroy\?$/);
  });
  test('one in a quote is none, so the other is the first', () => {
    expect(told('> /destroy\n\n/deploy')).toBe('deploy null');
  });
});

test('what a stranger typed is cut before it is shown to anybody', () => {
  const parsed = parseComment(`/logs ${'x'.repeat(60_000)}`);
  expect(parsed.kind === 'unknown' && [parsed.typed.length, parsed.because.length < 200]).toEqual([100, true]);
});

const bodies = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('/deploy\n', '/destroy\n', '\n', '\n\n', 'a\n', '\r\n') },
      fc.constantFrom(
        '```',
        '~~~',
        '```\n',
        '`',
        '``',
        '<!--',
        '-->',
        '<',
        '>',
        '<a ',
        '"',
        '<pre>',
        '</pre>',
        '<div>\n',
      ),
      fc.constantFrom('> ', '- ', '1. ', '    ', '\t', '[a]:\n', '[a](\n', '===\n', '---\n', '# ', '\\', ' ', 'a'),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

test('any text is read, and only a line of its own commands', () => {
  fc.assert(
    fc.property(fc.oneof(bodies, anyLetters(20)), (body) => {
      if (parseComment(body).kind === 'none') return;
      expect(body.split(/\r\n|\n|\r/).some((line) => /^ {0,3}\/[A-Za-z]/.test(line))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test.skipIf(!hasCmark)(
  `what GitHub's own parser shows as code, quote or HTML commands nothing${hasCmark ? '' : ' (cmark-gfm is not installed)'}`,
  () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const parsed = parseComment(body);
        if (parsed.kind !== 'command') return;
        expect(shownLines(body)).toContain(`/${parsed.command.name}`);
      }),
      { numRuns: 150 },
    );
  },
);

test.each(['`', '``` ', '<', '<a ', '<!--', '<a b="', '> ', '- ', '[', '\\`', '` `` ', '\t', '/deploy\n', '1. a\n'])(
  'the longest comment there can be, of %j, is read in no time',
  (piece) => {
    const body = piece.repeat(Math.ceil(65_536 / piece.length));
    const before = performance.now();
    parseComment(body);
    parseComment(`a\n${body}\n/deploy`);
    expect(performance.now() - before).toBeLessThan(2_000);
  },
);
