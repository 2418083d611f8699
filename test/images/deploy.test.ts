import { expect, test } from 'vitest';
import { createImageRegistry } from '../../src/registry/registry.ts';
import { createLab, type Document, type LabOptions } from '../support/lab.ts';
import { createRegistryModel, digestOfContent } from '../support/registry-model.ts';

const server = 'developeraipacto/aipacto-server';
const web = 'developeraipacto/aipacto-web';
const real: { sleep(ms: number, signal?: AbortSignal): Promise<void>; now(): number } = {
  now: () => Date.now(),
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
};

/** Staging of the shipped infra.yaml, above a Docker Hub that has both images. */
const atHub = (options: LabOptions = {}) => {
  const model = createRegistryModel();
  model.push(`docker.io/${server}`, 'latest', 'server 1');
  model.push(`docker.io/${web}`, 'latest', 'web 1');
  const lab = createLab({ ...options, registry: createImageRegistry({ fetch: model.fetch, clock: real }) });
  const imagesOf = async (): Promise<Record<string, Document>> =>
    (await lab.json('state show staging')).document.state.images;
  /** What the last run left in Nomad, by the plan of a reader: nothing to do says that it is what is wanted. */
  const clean = async () => (await lab.run('check staging')).exitCode;
  return { ...lab, lab, model, imagesOf, clean };
};
const pinned = (name: string, content: string) => `${name}@${digestOfContent(content)}`;

test('a tag becomes the digest it stands for when it is first asked for; from then on nobody asks and nothing drifts', async () => {
  const { lab, model, imagesOf, clean } = atHub();
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect(await imagesOf()).toEqual({
    server: expect.objectContaining({ asked: `${server}:latest`, image: pinned(server, 'server 1'), healthy: true }),
    web: expect.objectContaining({ asked: `${web}:latest`, image: pinned(web, 'web 1'), healthy: true }),
  });
  // The tag moves on; the environment does not.
  model.push(`docker.io/${web}`, 'latest', 'web 2');
  model.asked.length = 0;
  expect(await clean()).toBe(0);
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect(model.asked).toEqual([]);

  const again = await lab.run(`plan staging --image web=${web}:latest`);
  expect(again.exitCode).toBe(2);
  const short = (content: string) => `${web}:latest@${digestOfContent(content).slice(7, 19)}`;
  expect(again.stdout.replaceAll(/\s+/g, ' ')).toContain(
    `image: ${short('web 1')} → ${short('web 2')} because another build is wanted`,
  );
  expect(again.stdout).not.toContain('job/server');
});

test('--image stays until infra.yaml has another image for that job', async () => {
  const { lab, model, imagesOf, clean } = atHub();
  await lab.run('staging --yes');
  model.push(`docker.io/${web}`, '1.4.2', 'web 1.4.2');
  expect((await lab.run(`staging --image web=${web}:1.4.2 --yes`)).exitCode).toBe(0);
  expect(await clean()).toBe(0);
  expect((await imagesOf())['web']).toMatchObject({
    asked: `${web}:1.4.2`,
    image: pinned(web, 'web 1.4.2'),
    before: `${web}:latest@${digestOfContent('web 1')}`,
  });
  model.push(`docker.io/${web}`, '2.0.0', 'web 2.0.0');
  lab.config = lab.config.replace(`${web}:latest`, `${web}:2.0.0`);
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect((await imagesOf())['web']).toMatchObject({ asked: `${web}:2.0.0`, image: pinned(web, 'web 2.0.0') });
  expect((await imagesOf())['server']).not.toHaveProperty('before');
});

test('rollback takes back what was deployed last, and only that', async () => {
  const { lab, model, imagesOf, clean } = atHub();
  await lab.run('staging --yes');
  const nothing = await lab.run('rollback staging --yes');
  expect(nothing.exitCode).toBe(1);
  expect(nothing.stderr).toContain('of no job of staging it is known what it ran healthily before');
  model.push(`docker.io/${server}`, '2', 'server 2');
  model.push(`docker.io/${web}`, '2', 'web 2');
  expect((await lab.run(`staging --image server=${server}:2 --yes`)).exitCode).toBe(0);
  lab.emulator.clock.advance?.(60_000);
  expect((await lab.run(`staging --image web=${web}:2 --yes`)).exitCode).toBe(0);
  model.asked.length = 0;
  const back = await lab.run('rollback staging --yes');
  expect(back.exitCode).toBe(0);
  expect(back.stderr).toContain(
    `web goes back from ${web}:2@${digestOfContent('web 2').slice(7, 19)} to ${web}:latest@`,
  );
  expect(model.asked).toEqual([]);
  const images = await imagesOf();
  expect(images['web']).toMatchObject({ image: pinned(web, 'web 1'), healthy: true });
  expect(images['server']).toMatchObject({ image: pinned(server, 'server 2') });
  expect(await clean()).toBe(0);
});

test('a deploy that never becomes healthy: rollback --failed takes it back, and does nothing where nothing failed', async () => {
  const { lab, model, imagesOf, clean } = atHub();
  await lab.run('staging --yes');
  expect((await lab.run('rollback staging --failed --yes')).stderr).toContain('nothing is taken back');
  model.push(`docker.io/${web}`, '2', 'web that crashes');
  await fault(lab, { kind: 'never-healthy', job: 'web' });
  const failed = await lab.run(`staging --image web=${web}:2 --yes`);
  expect(failed.exitCode).toBe(1);
  expect((await imagesOf())['web']).toMatchObject({
    asked: `${web}:2`,
    before: `${web}:latest@${digestOfContent('web 1')}`,
  });
  expect((await imagesOf())['web']).not.toHaveProperty('healthy');
  await healed(lab);
  const back = await lab.run('rollback staging --failed --yes');
  expect(back.exitCode).toBe(0);
  expect((await imagesOf())['web']).toMatchObject({ image: pinned(web, 'web 1'), healthy: true });
  expect(await clean()).toBe(0);
});

test('wrong jobs, hostile references, one job twice: refused before anything is asked', async () => {
  const { lab, model } = atHub();
  const refused = async (...images: string[]) => {
    const ran = await lab.run(`plan staging ${images.map((image) => `--image ${image}`).join(' ')}`);
    return `${ran.exitCode} ${ran.stderr.replaceAll(/\s+/g, ' ').trim()}`;
  };
  expect(await refused('api=acme/api:1')).toContain(
    '64 error: --image api: there is no job of that name in staging: server, web',
  );
  expect(await refused('web')).toContain('64 error: --image web wants an image like');
  expect(await refused('web=acme/web:1`id`')).toContain('64 error: --image web wants an image like');
  expect(await refused('web=acme/web:$(id)')).toContain('64 error: --image web wants an image like');
  expect(await refused('__proto__=acme/web:1')).toContain('64 error: --image wants JOB=REFERENCE');
  expect(await refused('web=acme/web:1', 'web=acme/web:2')).toContain('64 error: --image names job web twice');
  expect(model.asked).toEqual([]);
});

test('an image that the registry does not have, or a registry that is down: told before a server is ordered', async () => {
  const { lab, model } = atHub();
  const missing = await lab.run(`staging --image web=${web}:nope --yes`);
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr.replaceAll(/\s+/g, ' ')).toContain(
    `docker.io has no image ${web}:nope, which job web is to run`,
  );
  model.instead.push(...Array.from({ length: 8 }, () => () => new Response(null, { status: 403 })));
  const refused = await lab.run('staging --yes');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('(403)');
  expect(lab.requests().filter((line) => !line.startsWith('GET'))).toEqual([]);
  model.instead.length = 0;
  model.asked.length = 0;
  lab.config = `${lab.config}\nimages: { pin: false }\n`;
  expect((await lab.run('plan staging')).exitCode).toBe(2);
  expect(model.asked).toEqual([]);
});

test('a saved plan runs the very images it shows, wherever their tags point by then', async () => {
  const { lab, model, imagesOf } = atHub();
  await lab.run('staging --yes');
  model.push(`docker.io/${web}`, '2', 'web 2');
  await lab.run(`plan staging --image web=${web}:2 --out plan.json`);
  model.push(`docker.io/${web}`, '2', 'web 2 again');
  const applied = await lab.run('apply plan.json --yes');
  expect(applied.exitCode).toBe(0);
  expect((await imagesOf())['web']).toMatchObject({ asked: `${web}:2`, image: pinned(web, 'web 2'), healthy: true });
});

test('a lost state is made again with what runs, whatever infra.yaml and the registry say by then', async () => {
  const { lab, model, clean } = atHub();
  await lab.run('staging --yes');
  model.push(`docker.io/${web}`, '1.4.2', 'web 1.4.2');
  await lab.run(`staging --image web=${web}:1.4.2 --yes`);
  for (const key of await lab.store.list()) if (/^staging\.(json|0)/.test(key)) await lab.store.delete(key);
  model.push(`docker.io/${web}`, 'latest', 'web 2');
  model.asked.length = 0;
  const rebuilt = await lab.run('state rebuild staging --yes');
  expect(rebuilt.exitCode).toBe(0);
  expect(await clean()).toBe(0);
  expect(model.asked).toEqual([]);
});

test('an emulated cloud pulls nothing: tags stay tags, and rollback knows them all the same', async () => {
  const lab = createLab();
  await lab.run('staging --yes');
  expect((await lab.run('staging --image web=acme/web:2 --yes')).exitCode).toBe(0);
  expect((await lab.run('rollback staging --yes')).stderr).toContain(`web goes back from acme/web:2 to ${web}:latest`);
  expect((await lab.run('check staging')).exitCode).toBe(0);
});

const emulated = async (lab: ReturnType<typeof createLab>, method: string, path: string, body?: unknown) => {
  const reply = await lab.emulator.fetch(
    new Request(`http://emulator.invalid/_emulator${path}`, {
      method,
      headers: { authorization: `Bearer ${lab.emulator.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
};
const fault = (lab: ReturnType<typeof createLab>, what: object) =>
  emulated(lab, 'POST', '/machines/aipacto-staging-1/fault', what);
const healed = (lab: ReturnType<typeof createLab>) => emulated(lab, 'DELETE', '/machines/aipacto-staging-1/fault');
