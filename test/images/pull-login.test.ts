import { expect, test } from 'vitest';
import { createLab, type Lab, shippedConfig } from '../support/lab.ts';

const file = '/etc/registry/pull.json';
const [first, second] = ['dckr_pat_firstFirstFirst1', 'dckr_pat_secondSecond22'];
// A secret that nobody has to set.
const config = shippedConfig.replace(/\{ name: DATABASE_URL, local: [^}]*\}/, '{ name: DATABASE_URL, generate: true }');
const withLogin = `${config}\nimages: { registry: ghcr.io/acme, username: acme-deploy, pin: false }\n`;

/** The login that a server has: `acme-deploy:… at ghcr.io`, or `nobody`. */
const loginOn = async (lab: Lab, server: string): Promise<string> => {
  const reply = await lab.emulator.fetch(
    new Request(`http://emulator.invalid/_emulator/machines/${server}/root`, {
      method: 'POST',
      headers: { authorization: `Bearer ${lab.emulator.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ read: [file] }),
    }),
  );
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${reply.status} ${text}`);
  const { files } = JSON.parse(text) as { files: Record<string, string> };
  const { auths } = JSON.parse(files[file] ?? '') as { auths: Record<string, { auth: string }> };
  const [login, ...more] = Object.entries(auths).map(
    ([host, { auth }]) => `${Buffer.from(auth, 'base64').toString()} at ${host}`,
  );
  return more.length > 0 ? 'several' : (login ?? 'nobody');
};
/** Another process each time, with what the environment has then. */
const again = (lab: Lab, env: Record<string, string>, config = lab.config): Lab =>
  createLab({ config, env, over: lab.emulator, store: lab.store, emulated: false });
const everything = async (lab: Lab): Promise<string> => {
  const keys = await lab.store.list();
  const documents = await Promise.all(keys.map((key) => lab.store.get(key)));
  return documents.map((one) => one?.text ?? '').join('\n');
};

test('servers log in with REGISTRY_TOKEN, which lies on them and nowhere else; the next run renews it', async () => {
  const lab = createLab({ config: withLogin, env: { REGISTRY_TOKEN: first }, emulated: false });
  const made = await lab.run('staging --yes');
  expect(made.exitCode).toBe(0);
  expect(await loginOn(lab, 'aipacto-staging-1')).toBe(`acme-deploy:${first} at ghcr.io`);
  const { servers } = await lab.api('GET', '/servers');
  for (const text of [
    await everything(lab),
    made.stdout,
    made.stderr,
    JSON.stringify(servers),
    JSON.stringify(lab.emulator.requests),
  ]) {
    expect(text).not.toContain(first);
    expect(text).not.toContain(Buffer.from(`acme-deploy:${first}`).toString('base64'));
  }
  expect((await lab.run('check staging')).exitCode).toBe(0);

  const renewed = again(lab, { REGISTRY_TOKEN: second });
  const plan = await renewed.run('plan staging');
  expect(plan.exitCode).toBe(2);
  expect(plan.stdout.replaceAll(/\s+/g, ' ')).toContain(
    'registry: aipacto-staging-1 did not get the login of acme-deploy at ghcr.io yet',
  );
  expect((await renewed.run('staging --yes')).exitCode).toBe(0);
  expect(await loginOn(lab, 'aipacto-staging-1')).toBe(`acme-deploy:${second} at ghcr.io`);
  expect((await renewed.run('check staging')).exitCode).toBe(0);
});

test('who has no token can still look, and is told when a server would need it; without a username the login goes', async () => {
  const lab = createLab({ config: withLogin, env: { REGISTRY_TOKEN: first }, emulated: false });
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  const reader = again(lab, {});
  expect((await reader.run('check staging')).exitCode).toBe(0);
  const ordering = await reader.run('staging --replace server/staging-1 --yes');
  expect(ordering.exitCode).toBe(1);
  expect(ordering.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'images.username is acme-deploy, and REGISTRY_TOKEN is not set: servers could not pull from ghcr.io',
  );
  expect((await reader.run('check staging')).exitCode).toBe(0);

  const open = again(lab, {}, withLogin.replace(', username: acme-deploy', ''));
  expect((await open.run('staging --yes')).exitCode).toBe(0);
  expect(await loginOn(lab, 'aipacto-staging-1')).toBe('nobody');
  expect((await open.run('check staging')).exitCode).toBe(0);
});

test('public images: the file is there, for Nomad reads it, and names nobody', async () => {
  const lab = createLab({ env: { REGISTRY_TOKEN: first } });
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect(await loginOn(lab, 'aipacto-staging-1')).toBe('nobody');
});
