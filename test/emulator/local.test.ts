import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { type LocalWorld, openLocalWorld } from '../../src/emulator/local.ts';
import { announce } from '../../src/emulator/served.ts';
import { serveEmulator } from '../../src/emulator/server.ts';

const run = promisify(execFile);
const emptyDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'world-'));
const open = (directory: string, more: Partial<Parameters<typeof openLocalWorld>[0]> = {}): Promise<LocalWorld> =>
  openLocalWorld({ directory, env: {}, ...more });
// biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
const ask = async (world: LocalWorld, method: string, path: string, body?: unknown): Promise<any> => {
  const response = await world.fetch(
    new Request(`${world.endpoint}${path}`, {
      method,
      headers: { Authorization: `Bearer ${world.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};
const group = (name: string) => ({ name, type: 'spread' });
const server = { name: 'one', server_type: 'cx23', image: 'debian-12', location: 'nbg1' };

test('what one command made the next one finds; the token stays, and only its owner can read it', async () => {
  const directory = await emptyDirectory();
  const first = await open(directory);
  await ask(first, 'POST', '/placement_groups', group('g'));
  await first.close();
  const second = await open(directory);
  expect(second.token).toBe(first.token);
  expect(second.token).toMatch(/^[0-9a-f]{64}$/);
  expect((await ask(second, 'GET', '/placement_groups')).placement_groups).toMatchObject([{ name: 'g' }]);
  expect((await stat(join(directory, 'world.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['world.json']);
});

test('sleeping moves the world on for everybody: an action ends without anybody waiting', async () => {
  const directory = await emptyDirectory();
  const first = await open(directory);
  const { action } = await ask(first, 'POST', '/servers', server);
  const began = performance.now();
  await Promise.all([first.clock.sleep(4_000), first.clock.sleep(20_000)]);
  expect(performance.now() - began).toBeLessThan(3_000);
  const second = await open(directory);
  expect((await ask(second, 'GET', `/actions/${action.id}`)).action.status).toBe('success');
  expect(second.clock.now()).toBeGreaterThanOrEqual(Date.now() + 19_000);
});

test('an action that waits for no one goes on in wall time, whoever looks: reading saves nothing', async () => {
  const directory = await emptyDirectory();
  const world = await open(directory);
  await ask(world, 'POST', '/servers', server);
  const before = await stat(join(directory, 'world.json'));
  const { servers } = await ask(world, 'GET', '/servers');
  expect(servers[0].status).toBe('initializing');
  expect((await stat(join(directory, 'world.json'))).mtimeMs).toBe(before.mtimeMs);
});

test('a delayed reply moves the world on within its request, read or write, and waits for nobody', async () => {
  const world = await open(await emptyDirectory());
  const rule = { path: '/placement_groups', times: 2, fault: { kind: 'delay', ms: 30_000 } };
  const control = world.endpoint.replace('/v1', '/_emulator/faults');
  const headers = { Authorization: `Bearer ${world.token}` };
  await world.fetch(new Request(control, { method: 'POST', headers, body: JSON.stringify(rule) }));
  const before = world.clock.now();
  await ask(world, 'POST', '/placement_groups', group('g'));
  await ask(world, 'GET', '/placement_groups');
  expect(world.clock.now() - before).toBeGreaterThanOrEqual(60_000);
});

test('a lock left by a killed command is taken over after some seconds', async () => {
  const directory = await emptyDirectory();
  const world = await open(directory);
  const lock = join(directory, 'world.json.lock');
  await mkdir(lock);
  const long = new Date(Date.now() - 60_000);
  await utimes(lock, long, long);
  await ask(world, 'POST', '/placement_groups', group('g'));
  expect(await readdir(directory)).toEqual(['world.json']);
});

test('two handles on one world see each other, and ids never clash', async () => {
  const directory = await emptyDirectory();
  const [one, two] = [await open(directory), await open(directory)];
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => ask(n % 2 === 0 ? one : two, 'POST', '/placement_groups', group(`g-${n}`))),
  );
  const { placement_groups } = await ask(one, 'GET', '/placement_groups?per_page=50');
  expect(new Set(placement_groups.map((row: { id: number }) => row.id)).size).toBe(20);
  await expect(ask(two, 'POST', '/placement_groups', group('g-0'))).rejects.toThrow('uniqueness_error');
});

test('two processes writing at once lose nothing and damage nothing', async () => {
  const directory = await emptyDirectory();
  const writer = (name: string) =>
    run(process.execPath, [join(import.meta.dirname, 'writer.ts'), directory, name, '20']);
  await Promise.all([writer('a'), writer('b')]);
  const world = await open(directory);
  const { meta, placement_groups } = await ask(world, 'GET', '/placement_groups?per_page=50');
  expect(meta.pagination.total_entries).toBe(40);
  expect(new Set(placement_groups.map((row: { id: number }) => row.id)).size).toBe(40);
  expect(await readdir(directory)).toEqual(['world.json']);
});

test.each([
  ['{"format":1,', 'is damaged: it is no JSON'],
  ['', 'is damaged: it is no JSON'],
  ['{"format":99}', 'has format 99, this version reads 1'],
  ['{"format":1,"state":{},"tables":{}}', 'is damaged: state.tokens is wrong'],
  ['[]', 'is damaged'],
])('a world file holding %j is refused with a sentence, and kept', async (text, sentence) => {
  const directory = await emptyDirectory();
  const file = join(directory, 'world.json');
  await writeFile(file, text);
  await expect(open(directory)).rejects.toThrow(sentence);
  await expect(open(directory)).rejects.toThrow(`Move ${file} away`);
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('a world file damaged while a command runs fails that command, and is kept', async () => {
  const directory = await emptyDirectory();
  const world = await open(directory);
  await writeFile(join(directory, 'world.json'), 'oops');
  await expect(ask(world, 'POST', '/placement_groups', group('g'))).rejects.toThrow('is damaged');
  expect(await readFile(join(directory, 'world.json'), 'utf8')).toBe('oops');
});

test('the catalogue of a day is chosen by option or environment, and stays', async () => {
  const directory = await emptyDirectory();
  const then = await open(directory, { env: { RECONCILE_EMULATOR_DATE: '2024-12-01', RECONCILE_EMULATOR_VAT: '19' } });
  expect((await ask(then, 'GET', '/server_types?name=cx22')).server_types).toHaveLength(1);
  const later = await open(directory);
  expect((await ask(later, 'GET', '/pricing')).pricing.vat_rate).toMatch(/^19(\.0+)?$/);
  const today = await open(directory, { date: '2026-11-24' });
  expect((await ask(today, 'GET', '/server_types?name=cx22')).server_types).toEqual([]);
});

test.each([
  ['RECONCILE_EMULATOR_DATE', 'last summer', 'is no date: last summer. Write it like 2024-12-01'],
  ['RECONCILE_EMULATOR_DATE', '2024-13-01', 'is no date'],
  ['RECONCILE_EMULATOR_VAT', 'x', 'is no percentage: x. Write a number from 0 to 100'],
  ['RECONCILE_EMULATOR_VAT', '-1', 'is no percentage'],
])('%s=%s is refused before it could spoil a world', async (name, value, sentence) => {
  const directory = await emptyDirectory();
  await open(directory);
  const before = await readFile(join(directory, 'world.json'), 'utf8');
  await expect(open(directory, { env: { [name]: value } })).rejects.toThrow(sentence);
  expect(await readFile(join(directory, 'world.json'), 'utf8')).toBe(before);
});

test('a directory that can not be made says so at once, not that somebody holds its lock', async () => {
  const file = join(await emptyDirectory(), 'file');
  await writeFile(file, '');
  for (const directory of [file, join(file, 'below')])
    await expect(open(directory)).rejects.toThrow("can't be written");
});

test('while an emulator serves this world, commands go through it; a dead one is passed over', async () => {
  const directory = await emptyDirectory();
  const alone = await open(directory);
  const emulator = createEmulator({ tokens: [{ token: alone.token, write: true }] });
  const served = await serveEmulator(emulator.fetch);
  try {
    await announce(directory, { url: served.url, token: alone.token, pid: process.pid });
    const client = await open(directory);
    expect(client.endpoint).toBe(`${served.url}/v1`);
    expect(client.description).toContain(`served at ${served.url}`);
    await ask(client, 'POST', '/placement_groups', group('there'));
    expect(emulator.world.placementGroups.all().map((row) => row.name)).toEqual(['there']);
  } finally {
    await served.close();
  }
  expect((await open(directory)).endpoint).toBe('http://emulated.invalid/v1');
  await announce(directory, { url: 'http://127.0.0.1:1', token: 'x', pid: 2 ** 22 + 1 });
  expect((await open(directory)).endpoint).toBe('http://emulated.invalid/v1');
});

test('over HTTP a lost reply is a broken connection, and a bug is a 500 that is told', async () => {
  const emulator = createEmulator({ faults: [{ method: 'POST', fault: { kind: 'lost-reply' } }] });
  const bugs: unknown[] = [];
  const served = await serveEmulator(
    (request) => (request.url.endsWith('/bug') ? Promise.reject(new Error('a bug')) : emulator.fetch(request)),
    { onBug: (error) => bugs.push(error) },
  );
  try {
    const headers = { Authorization: `Bearer ${emulator.token}` };
    const body = JSON.stringify(group('g'));
    await expect(fetch(`${served.url}/v1/placement_groups`, { method: 'POST', headers, body })).rejects.toThrow();
    expect(emulator.world.placementGroups.size).toBe(1);
    expect((await fetch(`${served.url}/bug`)).status).toBe(500);
    expect(bugs).toHaveLength(1);
  } finally {
    await served.close();
  }
});
