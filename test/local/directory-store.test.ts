import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/local/clock.ts';
import { createDirectoryStore } from '../../src/local/directory-store.ts';
import { systemRandom } from '../../src/local/random.ts';
import { acquireLease } from '../../src/statefile/lease.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reconcile-store-'));
});
afterEach(async () => {
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true, force: true });
});

const child = (script: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
const outputOf = (process: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    process.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    process.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`ended with ${code}`))));
  });

test('a read makes nothing: no directory, no file', async () => {
  const store = createDirectoryStore(join(directory, 'none'));
  expect(await store.get('production.json')).toBeUndefined();
  expect(await store.list()).toEqual([]);
  expect(await store.putIfMatch('production.json', 'x', 'y')).toEqual({ ok: false, because: 'absent' });
  expect(await readdir(directory)).toEqual([]);
});

test('documents are for their owner only, and the directory too', async () => {
  const store = createDirectoryStore(join(directory, 'made'));
  await store.putIfAbsent('production.json', 'one');
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  expect(await mode(store.place)).toBe('700');
  expect(await mode(join(store.place, 'production.json'))).toBe('600');
});

test('writes are refused when the document exists, moved, or is gone, and nothing is left beside it', async () => {
  const store = createDirectoryStore(directory);
  const first = await store.putIfAbsent('a.json', 'one');
  expect(await store.putIfAbsent('a.json', 'two')).toEqual({ ok: false, because: 'exists' });
  const etag = first.ok ? first.etag : '';
  expect(await store.putIfMatch('a.json', 'two', etag)).toMatchObject({ ok: true });
  expect(await store.putIfMatch('a.json', 'three', etag)).toEqual({ ok: false, because: 'moved' });
  expect((await store.get('a.json'))?.text).toBe('two');
  await store.delete('a.json');
  await store.delete('a.json');
  expect(await store.putIfMatch('a.json', 'four', etag)).toEqual({ ok: false, because: 'absent' });
  expect(await readdir(directory)).toEqual([]);
});

test.each(['../a', 'a/b', '.hidden', ''])('a key that is no plain name is refused: "%s"', async (key) => {
  await expect(createDirectoryStore(directory).get(key)).rejects.toThrow("can't be the name of a stored document");
});

test('four processes that count together lose no update', async () => {
  const times = 15;
  await Promise.all([1, 2, 3, 4].map(() => outputOf(child('increment-child.ts', directory, String(times)))));
  const counter = await readFile(join(directory, 'counter.json'), 'utf8');
  expect(JSON.parse(counter).value).toBe(4 * times);
  expect(await readdir(directory)).toEqual(['counter.json']);
});

test('many writers in one process: one wins each round', async () => {
  const store = createDirectoryStore(directory);
  const outcomes = await Promise.all(Array.from({ length: 8 }, (_, n) => store.putIfAbsent('a.json', `first ${n}`)));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  const etag = (await store.get('a.json'))?.etag ?? '';
  const second = await Promise.all(
    Array.from({ length: 8 }, (_, n) => store.putIfMatch('a.json', `second ${n}`, etag)),
  );
  expect(second.filter(({ ok }) => ok)).toHaveLength(1);
});

test('a process killed inside a write holds nobody up for long', async () => {
  const store = createDirectoryStore(directory);
  await store.putIfAbsent('a.json', 'one');
  const abandoned = join(directory, '.a.json.mutex');
  await mkdir(abandoned);
  const longAgo = new Date(Date.now() - 10_000);
  await utimes(abandoned, longAgo, longAgo);
  expect(await store.putIfMatch('a.json', 'two', (await store.get('a.json'))?.etag ?? '')).toMatchObject({ ok: true });
});

test('what a killed process left half written goes with a later write, but not what another may be writing now', async () => {
  const store = createDirectoryStore(directory);
  await store.putIfAbsent('a.json', 'one');
  const old = join(directory, '.a.json.1.ab.tmp');
  await writeFile(old, 'half');
  await writeFile(join(directory, '.a.json.2.cd.tmp'), 'hal');
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(old, hourAgo, hourAgo);
  await store.putIfMatch('a.json', 'two', (await store.get('a.json'))?.etag ?? '');
  expect((await readdir(directory)).sort()).toEqual(['.a.json.2.cd.tmp', 'a.json']);
  expect(await store.list()).toEqual(['a.json']);
});

/** A file size limit stands for a full disk: the write ends in the middle the same way (EFBIG for ENOSPC). */
test('a disk that takes no more leaves the old document whole, and says so', async () => {
  const store = createDirectoryStore(directory);
  await store.putIfAbsent('counter.json', JSON.stringify({ value: 7 }));
  const script = `
    import { createDirectoryStore } from '${join(import.meta.dirname, '../../src/local/directory-store.ts')}';
    // Node ends by this signal unless somebody listens; then the write fails.
    process.on('SIGXFSZ', () => undefined);
    const store = createDirectoryStore('${directory}');
    const { etag } = await store.get('counter.json');
    const failure = await store.putIfMatch('counter.json', 'x'.repeat(100_000), etag).catch((error) => error);
    process.stdout.write(JSON.stringify([failure.name, failure.message, failure.done, failure.next]));`;
  const limited = spawn('sh', ['-c', 'ulimit -f 16; exec "$0" --input-type=module -e "$1"', process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const path = join(directory, 'counter.json');
  expect(JSON.parse(await outputOf(limited))).toEqual([
    'Failure',
    `can't write ${path}: the file would be larger than allowed (EFBIG)`,
    ['the file is as it was before'],
    'free some space and run the same command again',
  ]);
  expect(await readFile(path, 'utf8')).toBe('{"value":7}');
  expect(await readdir(directory)).toEqual(['counter.json']);
});

test('a run that was killed is succeeded at once, without a human and without waiting', async () => {
  const holder = child('lease-child.ts', directory);
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  const acquire = () =>
    acquireLease({
      store: createDirectoryStore(directory),
      environment: 'production',
      clock: systemClock,
      random: systemRandom,
      holder: { host: hostname(), pid: process.pid, user: 'parent' },
      command: 'reconcile production',
    });
  await expect(acquire()).rejects.toThrow(`production is being changed by child@${hostname()} (process ${holder.pid}`);
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await ended;
  const lease = await acquire();
  expect(lease.record().fencingToken).toBe(2);
  await lease.release();
});
