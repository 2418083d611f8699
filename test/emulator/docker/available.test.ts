import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lackingForDocker } from '../../../src/emulator/docker/available.ts';
import type { Engine } from '../../../src/emulator/docker/types.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'available-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const info = { ServerVersion: '27.0.1', OSType: 'linux', CgroupVersion: '2', MemTotal: 16 * 2 ** 30 };
const engine = (stdout: string, code = 0, stderr = ''): Engine => ({
  run: async () => stdout,
  attempt: async () => ({ code, stdout, stderr }),
});
const roomy = { platform: 'linux', availableMemoryMb: async () => 8_000, freeDiskGb: async () => 50 };
const look = (greeted: readonly string[], asked = engine(JSON.stringify(info)), env: Record<string, string> = {}) =>
  lackingForDocker(
    { HOME: home, PATH: '', ...env },
    { engine: asked, host: roomy, greet: async (url) => greeted.includes(url) },
  );

test('with an engine, and every program at its vendor, nothing is missing', async () => {
  expect(await look(['https://releases.hashicorp.com', 'https://github.com'])).toBeNull();
});
test('programs that are neither here nor to be had are named with what to set', async () => {
  expect(await look(['https://github.com'])).toEqual({
    why: 'no nomad, no consul',
    next: 'set NOMAD_BIN, CONSUL_BIN, or put nomad, consul on PATH',
  });
});
test('with a mirror in infra.yaml the mirror is asked, and no vendor', async () => {
  const look = (greeted: string) =>
    lackingForDocker(
      { HOME: home, PATH: '' },
      {
        mirror: 'http://10.0.0.9/cluster',
        engine: engine(JSON.stringify(info)),
        host: roomy,
        greet: async (url) => url === greeted,
      },
    );
  expect(await look('http://10.0.0.9/cluster')).toBeNull();
  expect((await look('https://github.com'))?.why).toBe('no nomad, no consul, no caddy');
});
test('a variable that names no program is the sentence, wherever else the program may be', async () => {
  const env = { NOMAD_BIN: join(home, 'nowhere') };
  expect(await look(['https://releases.hashicorp.com', 'https://github.com'], undefined, env)).toMatchObject({
    next: 'set NOMAD_BIN to the file of nomad itself, or unset it',
  });
});
test('without an engine nobody asks for programs', async () => {
  const none = engine('', 1, 'Cannot connect to the Docker daemon. Is the docker daemon running?');
  expect((await look([], none))?.why).toBe('no Docker engine answers');
});
