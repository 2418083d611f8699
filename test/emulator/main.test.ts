import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { openLocalWorld } from '../../src/emulator/local.ts';

const main = join(import.meta.dirname, '../../src/emulator/main.ts');
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
const emptyDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'emulator-'));
const exit = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve));

/** Starts `npm run emulator -- …` and waits for its lines. */
const start = async (directory: string, ...more: string[]): Promise<{ child: ChildProcess; lines: string[] }> => {
  const child = spawn(process.execPath, [main, '--port', '0', '--directory', directory, ...more]);
  running.push(child);
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.split('\n').length > 3) break;
  }
  return { child, lines: text.trim().split('\n') };
};
const run = (...args: string[]): Promise<{ code: number; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, _stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
    });
  });

test('it prints the lines to paste, tells where it is, serves the world of --local, and takes its leave', async () => {
  const directory = await emptyDirectory();
  const { child, lines } = await start(directory);
  expect(lines).toEqual([
    expect.stringMatching(/^export HCLOUD_ENDPOINT=http:\/\/127\.0\.0\.1:\d+\/v1$/),
    expect.stringMatching(/^export HCLOUD_TOKEN=[0-9a-f]{64}$/),
    expect.stringMatching(/^export HETZNER_ENDPOINT=http:\/\/127\.0\.0\.1:\d+\/v1$/),
  ]);
  const [endpoint = '', token = ''] = lines.map((line) => line.split('=')[1] ?? '');
  const served = JSON.parse(await readFile(join(directory, 'emulator.json'), 'utf8'));
  expect(served).toEqual({ url: endpoint.replace('/v1', ''), token, pid: child.pid });

  const client = await openLocalWorld({ directory, env: {} });
  expect(client.endpoint).toBe(endpoint);
  const headers = { Authorization: `Bearer ${client.token}` };
  const body = JSON.stringify({ name: 'g', type: 'spread' });
  const request = new Request(`${endpoint}/placement_groups`, { method: 'POST', headers, body });
  expect((await client.fetch(request)).status).toBe(201);

  const second = await run('--port', '0', '--directory', directory);
  expect(second).toEqual({ code: 1, stderr: expect.stringContaining(`already serves ${directory} at`) });
  const port = new URL(endpoint).port;
  const other = await run('--port', port, '--directory', await emptyDirectory());
  expect(other).toEqual({ code: 1, stderr: expect.stringContaining(`port ${port} of 127.0.0.1 is taken`) });

  const ended = exit(child);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(await readdir(directory)).toEqual(['world.json']);
  const alone = await openLocalWorld({ directory, env: {} });
  const reply = await alone.fetch(new Request(`${alone.endpoint}/placement_groups`, { headers }));
  expect(((await reply.json()) as { placement_groups: { name: string }[] }).placement_groups[0]?.name).toBe('g');
});

test('a killed one leaves a file that names nobody: the next one starts, and nothing is lost', async () => {
  const directory = await emptyDirectory();
  const first = await start(directory);
  const ended = exit(first.child);
  first.child.kill('SIGKILL');
  await ended;
  expect((await openLocalWorld({ directory, env: {} })).endpoint).toBe('http://emulated.invalid/v1');
  const { lines } = await start(directory);
  expect(lines[1]).toBe(first.lines[1]);
});

test('the clock of a client begins at the world’s moment, however far ahead the world is', async () => {
  const directory = await emptyDirectory();
  const alone = await openLocalWorld({ directory, env: {} });
  await alone.clock.sleep(86_400_000);
  await start(directory);
  const client = await openLocalWorld({ directory, env: {} });
  expect(client.clock.now()).toBeGreaterThanOrEqual(Date.now() + 86_390_000);
});

test.each([
  [['--port', 'many'], '--port many is not a number'],
  [['--speed', '0'], '--speed 0 would let no action end'],
  [['--date', 'soon'], '--date soon is no date'],
  [['--vat', '200'], '--vat 200 is not a number from 0 to 100'],
  [['--fly'], "Unknown option '--fly'"],
])('wrong usage %j: 64, and a sentence', async (args, sentence) => {
  const { code, stderr } = await run(...args);
  expect([code, stderr]).toEqual([64, expect.stringContaining(sentence)]);
});

test('a disk that takes no more: the command fails with a sentence, the world is as it was', async () => {
  const directory = await emptyDirectory();
  const file = join(directory, 'world.json');
  const writer = join(import.meta.dirname, 'writer.ts');
  await promisify(execFile)(process.execPath, [writer, directory, 'small', '1']);
  const before = await readFile(file, 'utf8');
  // A limit on the size of files stands in for the full disk: the write fails half-way just the same.
  const blocks = Math.floor((await stat(file)).size / 1024) + 1;
  const limited = `ulimit -f ${blocks}; exec "$0" "$@"`;
  const failed = await promisify(execFile)('bash', ['-c', limited, process.execPath, writer, directory, 'more', '40'])
    .then(() => 'nothing failed')
    .catch((error: { stderr: string }) => error.stderr);
  expect(failed).toContain(`the local world ${file} can't be saved`);
  expect(await readdir(directory)).toEqual(['world.json']);
  const after = JSON.parse(await readFile(file, 'utf8'));
  expect(after.tables.placementGroups.rows.length).toBeGreaterThanOrEqual(
    JSON.parse(before).tables.placementGroups.rows.length,
  );
  const world = await openLocalWorld({ directory, env: {} });
  const list = new Request(`${world.endpoint}/placement_groups`, {
    headers: { Authorization: `Bearer ${world.token}` },
  });
  expect((await world.fetch(list)).status).toBe(200);
});
