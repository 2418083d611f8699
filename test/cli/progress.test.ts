import { expect, test } from 'vitest';
import { noPaint } from '../../src/cli/print/paint.ts';
import { createBoard } from '../../src/cli/progress/board.ts';
import { createProgress } from '../../src/cli/progress/progress.ts';
import { criticalPathMs, tailsOf } from '../../src/domain/critical-path.ts';
import type { Step } from '../../src/domain/plan.ts';
import { firstPlan, planOf, step } from './samples.ts';

/** A terminal that understands what the screen sends: cursor up, erase, carriage return, line feed. */
const createTerminal = (columns: number) => {
  let rows: string[] = [''];
  let row = 0;
  let cursorShown = true;
  let escapes = 0;
  const write = (text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what a terminal reads.
    for (const [token] of text.matchAll(/\u001b\[\??[\d;]*[A-Za-z]|[^\u001b]/gs)) {
      if (token === '\n') {
        row += 1;
        rows[row] ??= '';
        column = 0;
      } else if (token === '\r') column = 0;
      else if (token.startsWith('\u001b')) {
        escapes += 1;
        const count = Number(/\d+/.exec(token)?.[0] ?? '0');
        if (token.endsWith('A')) row = Math.max(0, row - count);
        else if (token === '\u001b[K') rows[row] = (rows[row] ?? '').slice(0, column);
        else if (token === '\u001b[J') rows = [...rows.slice(0, row), (rows[row] ?? '').slice(0, column)];
        else if (token === '\u001b[?25l') cursorShown = false;
        else if (token === '\u001b[?25h') cursorShown = true;
      } else {
        const line = rows[row] ?? '';
        rows[row] = line.slice(0, column) + token + line.slice(column + 1);
        column += 1;
      }
    }
  };
  let column = 0;
  return {
    stream: { write, isTTY: true, columns },
    screen: () => rows.join('\n').trimEnd(),
    cursorShown: () => cursorShown,
    escapes: () => escapes,
    widest: () => Math.max(...rows.map((line) => line.length)),
  };
};

const setUp = (columns = 80, env: Record<string, string> = {}) => {
  const terminal = createTerminal(columns);
  let now = 0;
  let tick = (): void => {};
  const progress = createProgress({
    stream: terminal.stream,
    clock: { now: () => now, sleep: async () => {} },
    paint: noPaint,
    env,
    clean: (text) => text,
    every: (_ms, callback) => {
      tick = callback;
      return () => {
        tick = () => {};
      };
    },
  });
  const pass = (ms: number): void => {
    now += ms;
    tick();
  };
  return { terminal, progress, pass };
};
const steps = firstPlan().steps as readonly [Step, Step, Step, Step, Step];

test('on a terminal what ended scrolls by, and below it stands what runs, for how long and what is left', () => {
  const { terminal, progress, pass } = setUp();
  progress.phase('observing');
  pass(1_500);
  expect(terminal.screen()).toBe('⠙ observing  1.5 s');
  progress.planStarted(firstPlan());
  progress.stepStarted(steps[0]);
  progress.stepStarted(steps[1]);
  pass(1_200);
  progress.stepSucceeded(steps[0], 1_200);
  progress.stepStarted(steps[2]);
  progress.stepWaiting(steps[2], 'Hetzner action create_server,\n40 %');
  pass(10_000);
  expect(terminal.screen()).toMatchInlineSnapshot(`
    "  ✓ create network/production  1.2 s
      ⠸ create firewall/production  11 s
      ⠸ create server/production-1  10 s    Hetzner action create_server, 40 %
      1 of 5 steps, 11 s elapsed, about 2 min 10 s left"
  `);
  expect(terminal.cursorShown()).toBe(false);
  progress.stepFailed(steps[2], new Error('Hetzner refused: resource_unavailable'));
  progress.stepSkipped(steps[3], 'create server/production-1 failed');
  progress.stop();
  expect(terminal.screen()).toMatchInlineSnapshot(`
    "  ✓ create network/production  1.2 s
      ✗ create server/production-1
          Hetzner refused: resource_unavailable
      - await-boot server/production-1 not started: create server/production-1 fai…"
  `);
  expect(terminal.cursorShown()).toBe(true);
});

test('nothing is ever wider than the terminal, so that no line breaks and the block stays one block', () => {
  const { terminal, progress, pass } = setUp(40);
  progress.planStarted(firstPlan());
  for (const each of steps) {
    progress.stepStarted(each);
    progress.stepWaiting(each, 'a very long story of what this step is waiting for right now');
    pass(100);
  }
  progress.stepSkipped(steps[4], 'a very long reason why this step was not started');
  expect(terminal.widest()).toBeLessThan(40);
});

test('more running steps than fit are counted', () => {
  const { terminal, progress } = setUp();
  const many = Array.from({ length: 20 }, (_, n) => step(`create server/x-${n}`, `server/x-${n}`, 1_000));
  progress.planStarted(planOf([], many));
  for (const each of many) progress.stepStarted(each);
  expect(terminal.screen()).toContain('    and 8 more\n  0 of 20 steps');
});

test('after a Ctrl-C no estimate is shown', () => {
  const { terminal, progress, pass } = setUp();
  progress.planStarted(firstPlan());
  progress.stepStarted(steps[0]);
  progress.stopping();
  pass(100);
  expect(terminal.screen()).toContain('0 of 5 steps, 0.1 s elapsed, stopping');
});

test.each([[{ CI: 'true' }], [{ TERM: 'dumb' }]])('no cursor is moved with %o: one line per event', (env) => {
  const { terminal, progress, pass } = setUp(80, env);
  progress.planStarted(firstPlan());
  progress.stepStarted(steps[2]);
  progress.stepWaiting(steps[2], 'Hetzner action create_server');
  pass(31_000);
  progress.stepWaiting(steps[2], 'Hetzner action create_server, 80 %');
  pass(3_000_000);
  progress.stepSucceeded(steps[2], 42_000);
  progress.stepFailed(steps[3], new Error('cloud-init failed: no such package'));
  progress.stepSkipped(steps[4], 'await-boot server/production-1 failed');
  expect(terminal.escapes()).toBe(0);
  expect(terminal.screen()).toBe(
    [
      '[0:00] production: 5 steps, about 2 min 21 s',
      '[0:00] create server/production-1: started',
      '[0:31] create server/production-1: waiting for Hetzner action create_server, 80 %',
      '[50:31] create server/production-1: done in 42 s (1 of 5)',
      '[50:31] await-boot server/production-1: FAILED: cloud-init failed: no such package',
      '[50:31] submit job/web: not started: await-boot server/production-1 failed',
    ].join('\n'),
  );
});

test('the critical path is the longest chain, whatever the order of the steps, and linear to find', () => {
  expect(criticalPathMs(steps)).toBe(141_000);
  expect(criticalPathMs(steps.toReversed())).toBe(141_000);
  expect(tailsOf(steps).get('await-boot server/production-1')).toBe(110_000);
  expect(criticalPathMs([])).toBe(0);
  const chain = Array.from({ length: 20_000 }, (_, n) =>
    step(`s${n}`, `server/x-${n}`, 1, n === 0 ? [] : [`s${n - 1}`]),
  );
  expect(criticalPathMs(chain)).toBe(20_000);
});

test('what is left follows the steps that run, and the pace of those that ended', () => {
  const board = createBoard(0);
  expect(board.remainingMs(0)).toBeUndefined();
  const plan = planOf(
    [],
    ['a', 'b', 'c', 'd', 'e'].map((id, n, all) => step(id, `server/x-${n}`, 10_000, all.slice(0, n).slice(-1))),
  );
  board.begin(plan, 0);
  expect(board.remainingMs(0)).toBe(50_000);
  const [a, b, c] = plan.steps as readonly [Step, Step, Step];
  board.start(a, 0);
  expect(board.remainingMs(4_000)).toBe(46_000);
  expect(board.remainingMs(40_000)).toBe(40_000);
  board.end(a, 5_000);
  for (const [each, at] of [
    [b, 5_000],
    [c, 10_000],
  ] as const) {
    board.start(each, at);
    board.end(each, at + 5_000);
  }
  expect(board.remainingMs(15_000)).toBe(10_000);
});
