import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identityFileText, makeIdentity, readIdentities } from '../../src/age/identity.ts';
import { createAgeSealer } from '../../src/age/sealer.ts';

/* Against the age command itself (Debian: age). AGE_BIN names another; age-keygen is expected beside it. */
const age = process.env['AGE_BIN'] ?? 'age';
const keygen = age.replace(/age$/, 'age-keygen');
const missing = (() => {
  try {
    execFileSync(age, ['--version'], { stdio: 'ignore' });
    execFileSync(keygen, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
})();
const directory = mkdtempSync(join(tmpdir(), 'age-'));
afterAll(() => rmSync(directory, { recursive: true }));
const about = { what: 'the secrets', target: 'production' };
const why = missing ? ' (skipped: no age and age-keygen on PATH; apt install age, or set AGE_BIN)' : '';

test.skipIf(missing)(`the age command opens what we seal, with an identity that we made${why}`, async () => {
  const made = await makeIdentity();
  const file = join(directory, 'ours.txt');
  writeFileSync(file, identityFileText(made, '2026-11-24T06:30:00Z'), { mode: 0o600 });
  expect(execFileSync(keygen, ['-y', file], { encoding: 'utf8' }).trim()).toBe(made.recipient);
  const sealer = createAgeSealer({ recipients: [made.recipient], identities: async () => null });
  const sealed = await sealer.seal('a secret from us\n');
  expect(execFileSync(age, ['-d', '-i', file], { input: sealed, encoding: 'utf8' })).toBe('a secret from us\n');
});

test.skipIf(missing)(`we open what the age command seals, with an identity that age-keygen made${why}`, async () => {
  const file = join(directory, 'theirs.txt');
  execFileSync(keygen, ['-o', file], { stdio: 'ignore' });
  const identities = await readIdentities(readFileSync(file, 'utf8'), file, () => undefined);
  const recipient = identities.all[0]?.recipient ?? '';
  const other = await makeIdentity();
  const sealed = execFileSync(age, ['-a', '-r', other.recipient, '-r', recipient], {
    input: 'a secret from them\n',
    encoding: 'utf8',
  });
  const sealer = createAgeSealer({ recipients: [recipient], identities: async () => identities });
  expect(await sealer.open(sealed, [recipient, other.recipient], about)).toBe('a secret from them\n');
});
