import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeSshKey } from '../../src/cluster/keys/ssh-keys.ts';
import { humanKeys } from '../../src/ssh/identity.ts';

const { utils } = createRequire(import.meta.url)('ssh2') as typeof import('ssh2');
const folder = mkdtempSync(join(tmpdir(), 'identity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};
const from = (identity: string | null, agentSocket?: string) =>
  humanKeys({ identity, agentSocket, readFile: (path) => readFile(path, 'utf8') });

test('the key of a file, named by its fingerprint and comment', async () => {
  const made = makeSshKey('alice@laptop');
  const path = file('plain', made.privateKey.reveal());
  const [key, ...more] = await from(path);
  expect(more).toEqual([]);
  expect(key?.name).toMatch(/^the key SHA256:[A-Za-z0-9+/]{43} \(alice@laptop\) in /);
  expect(made.publicKey.startsWith(key?.publicKey ?? 'none')).toBe(true);
});

test('a passphrase, a public half, nothing at all: each with what to do, and nothing of the file', async () => {
  const { private: locked } = utils.generateKeyPairSync('ed25519', {
    passphrase: 'hunter2',
    cipher: 'aes256-cbc',
    rounds: 4,
  });
  const path = file('locked', locked);
  await expect(from(path)).rejects.toMatchObject({
    message: `the SSH key ${path} is protected by a passphrase`,
    next: `load it into the SSH agent, and leave --ssh-identity out: ssh-add ${path}`,
  });
  const other = file('other', `-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n`);
  const error = (await from(other).catch((caught: unknown) => caught)) as Error;
  expect(error.message).toBe(`${other} is no private SSH key that can be read`);
  expect(JSON.stringify([error.message, error.stack])).not.toContain('hunter2');
  await expect(from(join(folder, 'nothing'))).rejects.toThrow(`can't read the SSH key ${folder}/nothing: ENOENT`);
  await expect(from(null)).rejects.toThrow('SSH_AUTH_SOCK is not set');
  await expect(from(null, join(folder, 'no.sock'))).rejects.toThrow(/the SSH agent at .* does not answer/);
});

const agent = spawnSync('ssh-agent', ['-V']).error === undefined && spawnSync('ssh-add', ['-V']).error === undefined;
test.skipIf(!agent)(`each key of an agent is tried by itself${agent ? '' : ' (skipped: no ssh-agent)'}`, async () => {
  const socket = join(folder, 'agent.sock');
  const running = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  try {
    const add = (path: string) =>
      spawnSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    const paths = ['bob', 'carol'].map((name) => file(name, makeSshKey(name).privateKey.reveal()));
    for (let tries = 0; add(paths[0] ?? '').status !== 0 && tries < 200; tries += 1)
      await new Promise((done) => setTimeout(done, 20));
    expect(add(paths[1] ?? '').status).toBe(0);
    const keys = await from(null, socket);
    expect(keys.map(({ name }) => name)).toEqual([
      expect.stringMatching(/\(bob\) of the SSH agent$/),
      expect.stringMatching(/\(carol\) of the SSH agent$/),
    ]);
    const offered = keys.map(
      ({ login }) =>
        new Promise<number>((done) => {
          if ('getIdentities' in login) login.getIdentities((_error, found) => done(found?.length ?? 0));
        }),
    );
    expect(await Promise.all(offered)).toEqual([1, 1]);
  } finally {
    running.kill();
  }
});
