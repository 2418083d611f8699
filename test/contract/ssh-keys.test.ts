import { expect, test } from 'vitest';
import { createProject, publicKey } from './project.ts';

test('a key has its MD5 fingerprint; name and key are both unique', async () => {
  const project = createProject();
  const { ssh_key } = await project.ok('POST /ssh_keys', { name: 'k', public_key: publicKey, labels: { a: 'b' } });
  expect(ssh_key).toMatchObject({ name: 'k', public_key: publicKey, labels: { a: 'b' } });
  expect(ssh_key.fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  expect(await project.refusal('POST /ssh_keys', { name: 'other', public_key: publicKey })).toMatch(
    /^409 uniqueness_error: SSH key with the same fingerprint already exists/,
  );
  expect(await project.refusal('POST /ssh_keys', { name: 'k', public_key: publicKey })).toBe(
    '409 uniqueness_error: SSH key name is already used',
  );
  expect((await project.ok(`GET /ssh_keys?fingerprint=${ssh_key.fingerprint}`)).ssh_keys).toHaveLength(1);
  expect((await project.ok('GET /ssh_keys?fingerprint=00')).ssh_keys).toEqual([]);
});

test.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA', 'hello world'])(
  'a text that is no key is refused: %j',
  async (public_key) => {
    const project = createProject();
    expect(await project.refusal('POST /ssh_keys', { name: 'k', public_key })).toMatch(/^422 invalid_input/);
  },
);

test('PUT renames, DELETE answers 204 and is never blocked', async () => {
  const project = createProject();
  const { ssh_key } = await project.ok('POST /ssh_keys', { name: 'k', public_key: publicKey });
  expect((await project.ok(`PUT /ssh_keys/${ssh_key.id}`, { name: 'new' })).ssh_key.name).toBe('new');
  expect((await project.ask(`DELETE /ssh_keys/${ssh_key.id}`)).status).toBe(204);
  expect(await project.refusal(`DELETE /ssh_keys/${ssh_key.id}`)).toMatch(/^404 not_found/);
});
