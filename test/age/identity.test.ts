import { expect, test } from 'vitest';
import { findIdentities } from '../../src/age/find-identity.ts';
import { identityFileText, makeIdentity } from '../../src/age/identity.ts';
import { Failure } from '../../src/domain/errors.ts';
import type { Secret } from '../../src/domain/secret.ts';

const mine = await makeIdentity();
const other = await makeIdentity();
const file = identityFileText(mine, '2026-11-24T06:30:00Z');
const key = mine.identity.reveal();

interface Given {
  readonly variable?: string;
  readonly configured?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly mode?: number;
  readonly error?: string;
}

/** What a command would find, say, and keep from being printed. */
const find = async ({ variable, configured, files = {}, mode = 0o600, error = 'ENOENT' }: Given) => {
  const notices: string[] = [];
  const secrets: string[] = [];
  const result = await findIdentities({
    given: variable,
    configured,
    configFile: '/work/project/infra.yaml',
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`${error}: ${path}`), { code: error });
      return { text, mode };
    },
    notice: (text) => void notices.push(text),
    onSecret: (secret: Secret) => void secrets.push(secret.reveal()),
  }).catch((failure: unknown) => {
    if (!(failure instanceof Failure)) throw failure;
    return `${failure.message}\n${failure.next}`;
  });
  return { result, notices, secrets };
};
const found = async (given: Given) => {
  const { result } = await find(given);
  if (result === null || typeof result === 'string') throw new Error(`nothing was found: ${result}`);
  return [result.from, ...result.all.map(({ recipient }) => recipient)];
};

test('RECONCILE_AGE_IDENTITY holds the identity itself, a whole file, or a path; it comes before infra.yaml', async () => {
  expect(await found({ variable: ` ${key}\n` })).toEqual(['RECONCILE_AGE_IDENTITY', mine.recipient]);
  expect(await found({ variable: file })).toEqual(['RECONCILE_AGE_IDENTITY', mine.recipient]);
  const files = { '/keys/mine.txt': file, '/keys/other.txt': identityFileText(other, 'now') };
  const both = { variable: '/keys/mine.txt', configured: '/keys/other.txt', files };
  expect(await found(both)).toEqual(['/keys/mine.txt', mine.recipient]);
  expect(await found({ ...both, variable: '' })).toEqual(['/keys/other.txt', other.recipient]);
  expect((await find({})).result).toBeNull();
});

test('state.identity is a path from where infra.yaml is; ~ is the home directory', async () => {
  const { homedir } = await import('node:os');
  const files = { '/work/project/keys/age.txt': file, [`${homedir()}/.config/age.txt`]: file };
  expect((await found({ configured: 'keys/age.txt', files }))[0]).toBe('/work/project/keys/age.txt');
  expect((await found({ configured: '~/.config/age.txt', files }))[0]).toBe(`${homedir()}/.config/age.txt`);
  expect((await found({ variable: '~/.config/age.txt', files }))[0]).toBe(`${homedir()}/.config/age.txt`);
});

test('a file may hold several identities, with comments and blank lines between', async () => {
  const text = `# mine\r\n${key}\r\n\r\n# the pipeline's\r\n  ${other.identity.reveal()}  \r\n`;
  expect(await found({ variable: '/keys', files: { '/keys': text } })).toEqual([
    '/keys',
    mine.recipient,
    other.recipient,
  ]);
});

test('every key that is read is told, without the letters that all keys begin with, so that help texts can be printed', async () => {
  const { secrets } = await find({ variable: file });
  expect(secrets).toEqual([key.slice('AGE-SECRET-KEY-1'.length)]);
});

test('a file that everybody may read is used, and told', async () => {
  const { notices, result } = await find({ variable: '/keys', files: { '/keys': file }, mode: 0o644 });
  expect(notices).toEqual(['/keys holds an age identity and everybody may read it: chmod 600 /keys']);
  expect(result).toMatchObject({ from: '/keys' });
});

test('a file that can not be read: which one, why, who names it', async () => {
  const next =
    'set RECONCILE_AGE_IDENTITY to the path of an age identity, or to the identity itself; make one with: reconcile state keygen';
  expect((await find({ variable: './age.txt' })).result).toMatch(
    /^RECONCILE_AGE_IDENTITY names \/.*\/age\.txt, which is not there\n/,
  );
  expect((await find({ configured: 'age.txt', error: 'EACCES' })).result).toBe(
    `state.identity of /work/project/infra.yaml names /work/project/age.txt, which this user may not read\n${next}`,
  );
  expect((await find({ configured: 'keys', error: 'EISDIR' })).result).toContain('which is a directory');
  expect((await find({ configured: 'keys', error: 'EIO' })).result).toContain("which can't be read: EIO");
});

const makeOne = 'name the file that age-keygen wrote, or make one: reconcile state keygen';
const wrongLetter = `${key.slice(0, 40)}${key[40] === 'Q' ? 'P' : 'Q'}${key.slice(41)}`;

test.each([
  ['a wrong letter', wrongLetter, 'is no age identity: it starts with AGE-SECRET-KEY-, but its check sum does not fit'],
  ['a cut key', key.slice(0, -6), 'is no age identity: it starts with AGE-SECRET-KEY-, but its check sum does not fit'],
  ['small letters', key.toLowerCase(), 'is no age identity: it starts with something else than AGE-SECRET-KEY-'],
  ['quotes around it', `"${key}"`, 'is no age identity: it starts with something else than AGE-SECRET-KEY-'],
])('%s is told without any part of the key', async (_what, variable, sentence) => {
  const { result, secrets } = await find({ variable });
  expect(result).toBe(`RECONCILE_AGE_IDENTITY ${sentence}\ncopy it anew, whole and in capitals; or ${makeOne}`);
  for (let at = 16; at + 12 <= key.length; at += 1) expect(result).not.toContain(key.slice(at, at + 12));
  expect(secrets.join('')).toContain(variable.slice(16, 40));
});

test('a key that lost its first letters looks like a file name, and is not repeated as one', async () => {
  const variable = key.slice('AGE-SECRET-KEY-'.length);
  const { result } = await find({ variable });
  expect(result).toMatch(/^RECONCILE_AGE_IDENTITY names a file, which is not there\n/);
});

test.each([
  ['the public half', mine.recipient, 'is a recipient, the public half; the identity starts with AGE-SECRET-KEY-'],
  ['an identity of a plugin', 'AGE-PLUGIN-YUBIKEY-1QQQQ', "is an identity of an age plugin, which this tool can't run"],
  ['an empty file', '\n# public key: age1…\n', 'holds no age identity'],
  ['an SSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n', 'is another private key, not an age identity'],
])('%s in the file is told for what it is', async (_what, text, sentence) => {
  const { result } = await find({ variable: '/keys', files: { '/keys': text } });
  expect(result).toBe(`/keys ${sentence}\n${makeOne}`);
});

test('an identity behind a passphrase: how to open it for one command', async () => {
  const text = '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n';
  expect((await find({ variable: '/keys', files: { '/keys': text } })).result).toBe(
    '/keys is protected by a passphrase, which this tool does not ask for\nopen it for this command alone: RECONCILE_AGE_IDENTITY="$(age -d FILE)" reconcile …',
  );
});

test('in a file of several lines the line that is wrong is named', async () => {
  const text = `# mine\n${key}\n${wrongLetter}\n`;
  expect((await find({ variable: '/keys', files: { '/keys': text } })).result).toMatch(
    /^line 3 of \/keys is no age identity/,
  );
});
