import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Identities, type Identity, makeIdentity } from '../../src/age/identity.ts';
import { createAgeSealer } from '../../src/age/sealer.ts';
import { refused } from '../support/refused.ts';

const [anna, ben, carl] = (await Promise.all([makeIdentity(), makeIdentity(), makeIdentity()])) as [
  Identity,
  Identity,
  Identity,
];
const about = { what: 'the secrets of production in s3://bucket', target: 'production' };
const of = (...all: readonly Identity[]): Identities => ({ from: '/home/me/age.txt', all });
const sealerFor = (recipients: readonly Identity[], identities: Identities | null) =>
  createAgeSealer({ recipients: recipients.map((one) => one.recipient), identities: async () => identities });

test('what is sealed for two is opened by either of them, and says nothing by itself', async () => {
  const sealed = await sealerFor([anna, ben], null).seal('token 0123456789abcdef');
  expect(sealed).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  expect(sealed).not.toContain('0123456789');
  const recipients = [anna.recipient, ben.recipient];
  for (const one of [anna, ben])
    expect(await sealerFor([anna], of(one)).open(sealed, recipients, about)).toBe('token 0123456789abcdef');
  expect(await sealerFor([anna], of(carl, ben)).open(sealed, recipients, about)).toBe('token 0123456789abcdef');
});

test('recipients are a set: sorted, each once', () => {
  const sorted = [anna.recipient, ben.recipient].sort();
  expect(sealerFor([ben, anna, ben], null).recipients).toEqual(sorted);
});

test('the same secrets are the same text as long as the process runs, also when they were opened and not sealed first', async () => {
  const first = sealerFor([anna], of(anna));
  const sealed = await first.seal('a secret');
  expect(await first.seal('a secret')).toBe(sealed);
  expect(await first.seal('another secret')).not.toBe(sealed);
  const second = sealerFor([anna], of(anna));
  await second.open(sealed, [anna.recipient], about);
  expect(await second.seal('a secret')).toBe(sealed);
});

test('opened text that others could read is sealed anew for the present recipients', async () => {
  const sealed = await sealerFor([anna, ben], null).seal('a secret');
  const present = sealerFor([anna], of(anna));
  await present.open(sealed, [anna.recipient, ben.recipient], about);
  const anew = await present.seal('a secret');
  expect(anew).not.toBe(sealed);
  expect(await refused(sealerFor([ben], of(ben)).open(anew, [anna.recipient], about))).toContain('none of them');
});

test('two saves at once seal once', async () => {
  const sealer = sealerFor([anna], null);
  const [one, two] = await Promise.all([sealer.seal('a secret'), sealer.seal('a secret')]);
  expect(one).toBe(two);
});

test('without an identity: for whom it is sealed, and what to set', async () => {
  const sealed = await sealerFor([anna], null).seal('a secret');
  expect(await refused(sealerFor([anna], null).open(sealed, [anna.recipient], about))).toBe(
    `the secrets of production in s3://bucket are sealed for ${anna.recipient}, and no age identity was named to open them
nothing was changed
export RECONCILE_AGE_IDENTITY=FILE   (the identity file of one of them, or the identity itself), or write state: { identity: FILE } into infra.yaml`,
  );
});

test('with the wrong identity: whose it is, and that it is none of them', async () => {
  const sealed = await sealerFor([anna], null).seal('a secret');
  expect(await refused(sealerFor([anna], of(ben)).open(sealed, [anna.recipient], about))).toBe(
    `the secrets of production in s3://bucket are sealed for ${anna.recipient}; /home/me/age.txt is the identity of ${ben.recipient}, which is none of them
nothing was changed
name the identity of one of them in RECONCILE_AGE_IDENTITY; or let one of them add yours to state.recipients of infra.yaml and run: reconcile state reencrypt production`,
  );
});

test('damaged anywhere, cut anywhere: one sentence and the way to an earlier document, never an excerpt', async () => {
  const sealed = await sealerFor([anna], null).seal('a secret '.repeat(40));
  const sealer = sealerFor([anna], of(anna));
  const damaged = [20, 60, 150, 260, 400, 600, sealed.length - 50].map(
    (at) => `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`,
  );
  const cut = [0, 10, 100, 300, sealed.length - 40].map((length) => sealed.slice(0, length));
  for (const text of [...damaged, ...cut, 'not age at all'])
    expect(await refused(sealer.open(text, [anna.recipient], about))).toBe(
      "the secrets of production in s3://bucket can't be opened: the sealed text is damaged\nnothing was changed\nmake the state again from what exists and from earlier copies: reconcile state rebuild production",
    );
});

test('a recipient with a wrong letter is refused before anything is written', async () => {
  const last = anna.recipient.endsWith('q') ? 'p' : 'q';
  const wrong = { ...anna, recipient: `${anna.recipient.slice(0, -1)}${last}` };
  expect(await refused(sealerFor([wrong], null).seal('a secret'))).toBe(
    `state.recipients of infra.yaml has no age recipient in ${wrong.recipient}\nnothing was written\ncopy the recipient anew and whole; its owner sees it with: age-keygen -y FILE`,
  );
});

test('post-quantum recipients work as well, and are told in short', async () => {
  const { generateHybridIdentity, identityToRecipient } = await import('age-encryption');
  const { readIdentities } = await import('../../src/age/identity.ts');
  const identity = await generateHybridIdentity();
  const identities = await readIdentities(`${identity}\n`, 'pq.txt', () => undefined);
  const recipient = await identityToRecipient(identity);
  expect(identities.all[0]?.recipient).toBe(recipient);
  const sealer = createAgeSealer({ recipients: [recipient], identities: async () => identities });
  const sealed = await sealer.seal('a secret');
  expect(await sealer.open(sealed, [recipient], about)).toBe('a secret');
  const message = await refused(sealerFor([anna], null).open(sealed, [recipient], about));
  expect(message.split('\n')[0]).toMatch(/sealed for age1pq1[a-z0-9]{17}…[a-z0-9]{8}, and no age identity/);
});

test('the library is imported in one place, when it is used first: a command that seals nothing does not wait for it', () => {
  const src = resolve(import.meta.dirname, '../../src');
  const importing = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(join(src, file), 'utf8').match(/^.*'age-encryption'.*$/gm) ?? []);
  expect(importing).toEqual(["export const ageLibrary = () => import('age-encryption');"]);
});
