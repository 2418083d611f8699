import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Ended, start } from './process.ts';

/* Twenty terminals and one world: each process is the whole product, and knows of the others by what they write alone. */
const root = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'twenty-previews-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = (command: string): Promise<Ended> =>
  start(resolve(root, 'src/reconcile.ts'), command.split(' '), {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: directory, RECONCILE_LOCAL_DIR: directory, NO_COLOR: '1' },
  }).ended;
interface Row {
  readonly labels?: Readonly<Record<string, string>>;
  readonly command?: string;
}
/** The world as it lies there: every object, and every action that ever was. */
const world = (): readonly Row[] => {
  const { tables } = JSON.parse(readFileSync(join(directory, 'world.json'), 'utf8')) as {
    readonly tables: Readonly<Record<string, { readonly rows: readonly (readonly [number, Row])[] }>>;
  };
  return Object.values(tables).flatMap(({ rows }) => rows.map(([, row]) => row));
};

test('pr 1 to pr 20 at once, into one empty project: exactly 15 exist, five end with 4, and there never were more', {
  timeout: 180_000,
}, async () => {
  const startedAt = Date.now();
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  const ended = await Promise.all(numbers.map((number) => run(`pr ${number} --local=simulated --yes`)));
  const codes = ended.map(({ code }) => code);
  const others = ended.filter(({ code }) => code !== 0 && code !== 4).map(({ stderr }) => stderr.slice(-600));
  expect(others).toEqual([]);
  expect(codes.filter((code) => code === 0)).toHaveLength(15);
  expect(codes.filter((code) => code === 4)).toHaveLength(5);

  const all = world();
  const environments = new Set(all.flatMap(({ labels }) => labels?.['environment'] ?? []));
  environments.delete('shared');
  const served = numbers.filter((_, index) => codes[index] === 0).map((number) => `pr-${number}`);
  expect([...environments].sort()).toEqual(served.sort());
  // The emulator's own log: what was never made was never there, and nothing was taken away in between.
  const commands = all.map(({ command }) => command);
  expect(commands.filter((command) => command === 'create_server')).toHaveLength(15);
  expect(commands.filter((command) => command === 'delete_server')).toEqual([]);
  const refused = ended.find(({ code }) => code === 4);
  expect(refused?.stderr).toMatch(/places of previews: 15 of 15 taken/);
  console.log(`twenty processes took ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);

  const gone = await Promise.all(served.slice(0, 5).map((name) => run(`destroy ${name} --local=simulated --yes`)));
  expect(gone.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  const late = numbers.filter((_, index) => codes[index] === 4);
  const again = await Promise.all(late.map((number) => run(`pr ${number} --local=simulated --yes`)));
  expect(again.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
});
