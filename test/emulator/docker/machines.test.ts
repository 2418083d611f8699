import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { archiveOf } from '../../../src/emulator/docker/archive.ts';
import { createEngine, tailOf } from '../../../src/emulator/docker/engine.ts';
import { nameServersIn, networkText, volumesText } from '../../../src/emulator/docker/inside.ts';
import { freeOnWire, publicSideOf } from '../../../src/emulator/docker/networks.ts';
import { userDataBytes } from '../../../src/emulator/docker/server-container.ts';
import { lifeOf } from '../../../src/emulator/docker/server-life.ts';

test('the network file names the public side, the private places and one name server', () => {
  const places = [
    { wire: 'w', engineAddress: '198.19.4.2', address: '10.0.1.11', range: '10.0.0.0/16' },
    { wire: 'x', engineAddress: '198.19.5.2', address: '172.16.0.2', range: '172.16.0.0/24' },
  ];
  const side = publicSideOf('198.18.7.0/24');
  expect(networkText({ publicIp: '198.18.7.1', places }, side, ['9.9.9.9', '1.1.1.1'])).toBe(
    `public 198.18.7.1 198.18.7.254
metadata 198.18.7.253
wire 198.19.4.2 10.0.1.11 10.0.0.0/16
wire 198.19.5.2 172.16.0.2 172.16.0.0/24
dns 9.9.9.9
`,
  );
  expect(networkText({ publicIp: null, places: [] }, side, [])).toBe('');
});

test('a machine knows its own volumes and which others there are', () => {
  expect(
    volumesText([
      { id: 1, isHere: true },
      { id: 2, isHere: false },
    ]),
  ).toBe('attached 1\nkept 2\n');
});

test("name servers on the host's own loopback are of no use inside", () => {
  expect(nameServersIn('# x\nnameserver 127.0.0.53\nnameserver 185.12.64.1\n nameserver ::1\nsearch a\n')).toEqual([
    '185.12.64.1',
  ]);
});

test('each server gets the lowest free address on a wire', () => {
  const range = { first: 198 * 2 ** 24 + 19 * 2 ** 16, prefix: 24, end: 198 * 2 ** 24 + 19 * 2 ** 16 + 256 };
  expect(freeOnWire(range, new Set(['198.19.0.2', '198.19.0.4']))).toBe('198.19.0.3');
  const all = new Set(Array.from({ length: 256 }, (_, host) => `198.19.0.${host}`));
  expect(() => freeOnWire(range, all)).toThrow(/more than 189 servers/);
});

test.each([
  ['never started', { state: 'created', startedAt: 0, exitCode: 0 }, 'behind'],
  ['started for this boot', { state: 'running', startedAt: 1_001, exitCode: 0 }, 'runs'],
  ['still of the boot before: a reset', { state: 'running', startedAt: 500, exitCode: 0 }, 'behind'],
  ['off, and powered on since', { state: 'exited', startedAt: 500, exitCode: 137 }, 'behind'],
  ['killed', { state: 'exited', startedAt: 1_001, exitCode: 137 }, 'dead'],
  ['powered off from inside', { state: 'exited', startedAt: 1_001, exitCode: 130 }, 'dead'],
  ['rebooted from inside', { state: 'exited', startedAt: 1_001, exitCode: 129 }, 'rebooting'],
  ['stopped for a while by hand', { state: 'paused', startedAt: 1_001, exitCode: 0 }, 'runs'],
] as const)('a container %s says so of a server that booted at 1000', (_title, found, life) => {
  expect(lifeOf(found, 1_000)).toBe(life);
});

test('user data is handed on as it came, base64 is taken off, compression is left to cloud-init', () => {
  expect(userDataBytes('#cloud-config\n').toString()).toBe('#cloud-config\n');
  expect(userDataBytes(Buffer.from('#!/bin/sh\n').toString('base64')).toString()).toBe('#!/bin/sh\n');
  const packed = gzipSync('#cloud-config\n');
  expect(userDataBytes(packed.toString('base64')).equals(packed)).toBe(true);
  expect(userDataBytes(null).toString()).toMatch(/^#cloud-config\n/);
});

test('tar reads an archive: folders, modes, bytes', () => {
  const files = [
    { path: 'a/b/c', content: Buffer.from([0, 255, 10]), mode: 0o600 },
    { path: 'd', content: 'x'.repeat(513) },
  ];
  const { stdout } = spawnSync('tar', ['-tvf', '-'], { input: archiveOf(files, 0), encoding: 'utf8' });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').split(' '));
  expect(lines.map(([mode, owner, size, , , path]) => [mode, owner, size, path])).toEqual([
    ['drwxr-xr-x', '0/0', '0', 'a/'],
    ['drwxr-xr-x', '0/0', '0', 'a/b/'],
    ['-rw-------', '0/0', '3', 'a/b/c'],
    ['-rw-r--r--', '0/0', '513', 'd'],
  ]);
  expect(() => archiveOf([{ path: 'p'.repeat(101), content: '' }], 0)).toThrow(/too long/);
});

test('an engine call that fails says which one and the end of what it said, never its arguments', async () => {
  const engine = createEngine('sh');
  await expect(engine.run(['-c', 'echo one >&2; echo "  two  " >&2; exit 3', 'secret'])).rejects.toThrow(
    /^docker -c failed: one; two\. When that is mended, run the command again$/,
  );
  expect(await engine.attempt(['-c', 'cat; exit 4'], { input: 'in' })).toMatchObject({ code: 4, stdout: 'in' });
  expect(await engine.attempt(['-c', 'exit 0'], { input: 'unread'.repeat(100_000) })).toMatchObject({ code: 0 });
});

test('an engine call ends at its bound', async () => {
  const begin = Date.now();
  await expect(createEngine('sleep').run(['60'], { timeoutMs: 100 })).rejects.toThrow(/took longer than 0 s/);
  expect(Date.now() - begin).toBeLessThan(5_000);
});

test('a docker command that is not there is named', async () => {
  await expect(createEngine('docker-of-nowhere').run(['info'])).rejects.toThrow(
    /^the command docker-of-nowhere is not there\. Install Docker/,
  );
});

test('lines come as they are written, the last words of a build are kept', async () => {
  const seen: string[] = [];
  await createEngine('sh').run(['-c', 'printf "a\\nb"; printf "c\\n"'], { onLine: (line) => seen.push(line) });
  expect(seen).toEqual(['a', 'bc']);
  expect(tailOf('a\n\n b \nc', 2)).toBe('b; c');
});
