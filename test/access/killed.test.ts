import { expect, test } from 'vitest';
import { createLab } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { type Blow, closed, firewallsOf, fuseAt, sweep } from './kit.ts';

const command = 'pr 7 --yes --allow-runner';
const rules = (names: readonly string[]): string[] => names.filter((name) => name.endsWith('-access'));

test.each<Blow>(['killed before the request', 'killed after it was carried out'])(
  'at every request of a run, %s: one sweep leaves no rule, and the next run converges',
  async (blow) => {
    const points: string[] = [];
    const left: number[] = [];
    for (let nth = 1; nth < 60; nth += 1) {
      const memory = createMemoryStore();
      const fuse = fuseAt(nth, blow);
      const victim = createLab({ config: closed, store: fuse.store(memory), wrap: fuse.wrap });
      const ran = await victim.run(command).catch(() => undefined);
      if (fuse.at === undefined) {
        expect(ran?.exitCode).toBe(0);
        break;
      }
      points.push(fuse.at);
      const before = rules(await firewallsOf(victim));
      left.push(before.length);
      await victim.emulator.clock.sleep(120_000);
      const swept = await sweep(victim, memory);
      expect({ at: fuse.at, swept }).toEqual({
        at: fuse.at,
        swept: before.map(
          () => '192.0.2.254/32 does not get in at port 22 of pr-7 any more: its run is not at work any more',
        ),
      });
      expect(rules(await firewallsOf(victim))).toEqual([]);
      if (nth % 4 !== 1) continue;
      const heir = createLab({ config: closed, store: memory, over: victim.emulator, seed: 8 });
      expect((await heir.run(command)).exitCode).toBe(0);
      expect(await firewallsOf(heir)).toEqual(['aipacto-pr-7']);
    }
    expect([points[0], points.at(-2), points.at(-1)]).toEqual([
      'POST /v1/firewalls',
      'POST /v1/firewalls/N/actions/remove_from_resources',
      'DELETE /v1/firewalls/N',
    ]);
    expect(points.length).toBeGreaterThanOrEqual(10);
    // Most of them do leave one.
    expect(left.filter((count) => count === 1).length).toBeGreaterThanOrEqual(points.length - 2);
  },
  30_000,
);

test('whichever reply is lost, the run ends by itself and leaves no rule', async () => {
  for (const [which, of] of [
    [1, 'POST /v1/firewalls'],
    [-2, 'POST /v1/firewalls/N/actions/remove_from_resources'],
    [-1, 'DELETE /v1/firewalls/N'],
  ] as const) {
    const whole = createLab({ config: closed });
    await whole.run('pr 7 --yes --allow-runner');
    const writes = whole.requests().filter((request) => !request.startsWith('GET ')).length;
    const fuse = fuseAt(which < 0 ? writes + 1 + which : which, 'the reply is lost');
    const lab = createLab({ config: closed, wrap: fuse.wrap });
    const { exitCode } = await lab.run(command);
    expect({ at: fuse.at, exitCode, left: await firewallsOf(lab) }).toEqual({
      at: of,
      exitCode: 0,
      left: ['aipacto-pr-7'],
    });
  }
});

test('Ctrl-C, and a lease that somebody else ended: the rule goes with the run', async () => {
  const memory = createMemoryStore();
  let stop = (): void => undefined;
  let powerOn = (): Promise<unknown> => Promise.resolve();
  const lab = createLab({
    config: closed,
    store: memory,
    wrap: (inner) => async (request) => {
      if (request.url.endsWith('poweron')) await powerOn();
      return inner(request);
    },
  });
  powerOn = async () => stop();
  const interrupted = await lab.run(command, {
    signal: (now) => {
      stop = now;
    },
  });
  expect([interrupted.exitCode, interrupted.stderr]).toEqual([1, expect.stringContaining('interrupted')]);
  expect(await firewallsOf(lab)).toEqual(['aipacto-pr-7']);

  powerOn = () =>
    createLab({ config: closed, store: memory, over: lab.emulator, seed: 8 }).run('state unlock pr 7 --yes');
  await lab.emulator.clock.sleep(120_000);
  await lab.run('destroy pr 7 --yes');
  const lost = await lab.run(command);
  expect(lost.exitCode).not.toBe(0);
  expect(lost.stderr).toContain('lease');
  expect(rules(await firewallsOf(lab))).toEqual([]);
});

test('while a run is at work no other one lets itself in, and nobody takes its rule away', async () => {
  const memory = createMemoryStore();
  const other = () => createLab({ config: closed, store: memory, over: first.emulator, seed: 8 });
  const others = async () => {
    const { exitCode, stderr } = await other().run(command);
    const close = await other().json('access close pr 7');
    const swept = await sweep(first, memory);
    return { exitCode, stderr, left: close.document.left, swept, rules: rules(await firewallsOf(first)) };
  };
  let meanwhile: ReturnType<typeof others> | undefined;
  const first = createLab({
    config: closed,
    store: memory,
    wrap: (inner) => (request) => {
      if (request.url.endsWith('poweron')) meanwhile ??= others();
      return inner(request);
    },
  });
  expect((await first.run(command)).exitCode).toBe(0);
  expect(await meanwhile).toEqual({
    exitCode: 3,
    stderr: expect.stringContaining('pr-7 is being changed by tester@lab'),
    left: [expect.stringMatching(/^192\.0\.2\.254\/32: the run \S+ is at work$/)],
    swept: [],
    rules: ['aipacto-pr-7-access'],
  });
  expect(await firewallsOf(first)).toEqual(['aipacto-pr-7']);
});
