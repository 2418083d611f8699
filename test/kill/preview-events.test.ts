import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, start } from './process.ts';

/*
 * Events as a workflow has them: each is a process of its own, between an emulated cloud and an emulated GitHub that a
 * third process serves. One is killed in the middle of a create, one is told to stop.
 */
const root = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'preview-events-'));
const payload = join(directory, 'event.json');
let emulator: Running;
let url = '';
let token = '';

const until = async (what: string, reached: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 60_000; !(await reached()); ) {
    if (Date.now() > end) throw new Error(`not within 60 s: ${what}; the emulator said ${emulator.said()}`);
    await new Promise((wait) => setTimeout(wait, 20));
  }
};
const jsonIn = (file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8'));
const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: directory,
  NO_COLOR: '1',
  RECONCILE_LOCAL_DIR: directory,
  GITHUB_API_URL: `${url}/github`,
  GITHUB_TOKEN: token,
  GITHUB_REPOSITORY: 'acme/shop',
});
const run = (command: string): Running =>
  start(resolve(root, 'src/reconcile.ts'), `${command} --local=simulated`.split(' '), { cwd: root, env: env() });

/** What somebody does at the emulated GitHub; its event lies in the file then. */
const act = async (method: string, path: string, body: object): Promise<{ event: string; number: number }> => {
  const reply = await fetch(`${url}/_emulator/github/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  writeFileSync(payload, text);
  const number = text === '' ? 0 : Number(JSON.parse(text).number ?? 0);
  return { event: reply.headers.get('x-github-event') ?? '', number };
};
const hear = (event: string, more = ''): Running => run(`event --event ${event} --payload ${payload}${more}`);
const images = (number: number): string => {
  const { state } = jsonIn('github.json');
  const sha: string = state.pulls.find((pull: { number: number }) => pull.number === number).headSha;
  return ` --image server=acme/shop-server:a --image web=acme/shop-web:a --sha ${sha}`;
};
const objects = async (): Promise<readonly string[]> => {
  const { token: cloudToken } = jsonIn('emulator.json');
  const lists = await Promise.all(
    ['servers', 'networks', 'firewalls', 'primary_ips'].map(async (kind) => {
      const reply = await fetch(`${url}/v1/${kind}`, { headers: { authorization: `Bearer ${cloudToken}` } });
      return ((await reply.json()) as Record<string, { name: string }[]>)[kind] ?? [];
    }),
  );
  return lists.flat().map(({ name }) => name);
};
const servers = async (): Promise<boolean> => (await objects()).some((name) => /^aipacto-pr-\d+-1$/.test(name));

beforeAll(async () => {
  const words = `--port 0 --directory ${directory} --speed 60 --github acme/shop`.split(' ');
  emulator = start(resolve(root, 'src/emulator/main.ts'), words, { cwd: root, env: { PATH: process.env['PATH'] } });
  await until('the emulators answer', () =>
    ['emulator.json', 'github.json'].every((file) => existsSync(join(directory, file))),
  );
  url = jsonIn('emulator.json').url;
  token = jsonIn('github.json').state.tokens[0].token;
  await act('PUT', 'permissions', { login: 'alice', permission: 'write' });
}, 60_000);
afterAll(async () => {
  emulator.send('SIGTERM');
  await emulator.ended;
  rmSync(directory, { recursive: true, force: true });
});

describe('events, each a process', { timeout: 120_000 }, () => {
  test('killed in the middle of a create, its pull request closed meanwhile: one sweep, and nothing is left', async () => {
    const opened = await act('POST', 'pulls', { author: 'alice' });
    const victim = hear(opened.event, images(opened.number));
    await until('a server is ordered', servers);
    victim.send('SIGKILL');
    expect((await victim.ended).signal).toBe('SIGKILL');
    await act('POST', `pulls/${opened.number}/close`, {});
    const swept = await run('sweep').ended;
    expect(swept.code, swept.stdout + swept.stderr).toBe(0);
    expect(swept.stdout).toContain('destroyed (1)');
    expect(await objects()).toEqual([]);
    const list = await run('list').ended;
    expect(list.stdout).not.toContain('places of previews');
  });

  test('told to stop in the middle of a create (a cancelled workflow): it ends by itself with 1, and the next look goes on', async () => {
    const opened = await act('POST', 'pulls', { author: 'alice' });
    const stopped = hear(opened.event, images(opened.number));
    await until('a server is ordered', servers);
    stopped.send('SIGTERM');
    const ended = await stopped.ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(1);
    expect(ended.stderr + ended.stdout).not.toContain('    at ');
    const swept = await run('sweep').ended;
    expect(swept.code, swept.stdout + swept.stderr).toBe(0);
    expect(swept.stdout).toContain('deployed (1)');
    expect(await servers()).toBe(true);
    const closed = await act('POST', `pulls/${opened.number}/close`, {});
    const gone = await hear(closed.event).ended;
    expect(gone.code, gone.stderr).toBe(0);
    expect(await objects()).toEqual([]);
  });

  test('two events of one pull request at once: one makes it, the other waits and finds it made', async () => {
    const opened = await act('POST', 'pulls', { author: 'alice' });
    const both = [hear(opened.event, images(opened.number)), hear(opened.event, images(opened.number))];
    const ended = await Promise.all(both.map((one) => one.ended));
    expect(
      ended.map(({ code }) => code),
      ended.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    ).toEqual([0, 0]);
    expect((await objects()).filter((name) => /^aipacto-pr-\d+-1$/.test(name))).toHaveLength(1);
    const comments = jsonIn('github.json').state.comments.filter(
      (one: { issue: number }) => one.issue === opened.number,
    );
    expect(comments).toHaveLength(1);
  });
});
