import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pullAccess } from '../../src/compose/pull-access.ts';
import { Secret } from '../../src/domain/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import type { ImageRegistry } from '../../src/ports/image-registry.ts';
import { createImageRegistry } from '../../src/registry/registry.ts';
import { type Agents, docker, freePort, hasDocker, program, startAgents, until } from './agents.ts';

/*
 * Debian's docker-registry with a password, and both images of this project from a clean clone: built, checked as an
 * archive, pushed, looked up, pulled by a real Nomad with the file that servers get, and taken away again.
 */
const root = resolve(import.meta.dirname, '../..');
const caddy = program('caddy', 'CADDY_BIN');
const [nomadBin, consulBin] = [program('nomad', 'NOMAD_BIN'), program('consul', 'CONSUL_BIN')];
const password = 'a-password-of-the-registry';
const htpasswd = spawnSync(
  'python3',
  [
    '-W',
    'ignore',
    '-c',
    `import crypt; print(crypt.crypt('${password}', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))`,
  ],
  { encoding: 'utf8' },
);
const lacks = [
  ...(hasDocker() ? [] : ['no docker engine']),
  ...(spawnSync('docker-registry', ['--version'], { stdio: 'ignore' }).status === 0 ? [] : ['no docker-registry']),
  ...(htpasswd.status === 0 ? [] : ['no python3 that hashes with bcrypt']),
  ...(caddy === undefined ? ['no caddy'] : []),
  ...(nomadBin === undefined ? ['no nomad'] : []),
  ...(consulBin === undefined ? ['no consul'] : []),
];
const why = lacks.length === 0 ? '' : ` (skipped: ${lacks.join(', ')})`;
const sha = '1a2b3c4d5e6f7890aabbccddeeff001122334455';

describe.skipIf(lacks.length > 0)(`both images and a real registry with a password${why}`, () => {
  let folder = '';
  let clone = '';
  let at = '';
  let registry: ChildProcess;
  let images: ImageRegistry;
  let digests: Record<string, string> = {};

  const npm = (...words: string[]): string => {
    const env = { ...process.env, GITHUB_REF: '', REGISTRY_USERNAME: 'deployer', REGISTRY_PUSH_TOKEN: password };
    const ran = spawnSync('npm', ['run', '-s', ...words], { cwd: clone, env, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`npm run ${words.join(' ')}: ${ran.stdout}${ran.stderr}`);
    return `${ran.stdout}${ran.stderr}`;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reconcile-registry-'));
    at = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'htpasswd'), `deployer:${htpasswd.stdout.trim()}\n`);
    writeFileSync(
      join(folder, 'registry.yml'),
      JSON.stringify({
        version: 0.1,
        log: { level: 'warn' },
        storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
        http: { addr: at },
        auth: { htpasswd: { realm: 'trial', path: join(folder, 'htpasswd') } },
      }),
    );
    registry = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], { stdio: 'ignore' });
    await until('the registry', 10_000, async () =>
      (await fetch(`http://${at}/v2/`)).status === 401 ? true : undefined,
    );
    clone = join(folder, 'clone');
    execFileSync('git', ['clone', '-q', root, clone]);
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    const config = readFileSync(join(clone, 'infra.yaml'), 'utf8').replaceAll('developeraipacto/', `${at}/acme/`);
    writeFileSync(join(clone, 'infra.yaml'), `${config}\nimages: { registry: ${at}/acme, username: deployer }\n`);
    const login = { registry: at, username: 'deployer', token: new Secret(password) };
    images = createImageRegistry({ fetch: (request) => fetch(request), clock: systemClock, login });
  }, 60_000);
  afterAll(async () => {
    const ours = docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'])
      .split('\n')
      .filter((one) => at !== '' && one.startsWith(at));
    for (const image of ours) spawnSync('docker', ['image', 'rm', '-f', image]);
    registry?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('a clean clone builds both into an archive; what comes out answers, as nobody in particular', async () => {
    const said = npm('docker:build', '--', '--tag', 'trial', '--archive', 'images.tar');
    const sizes = Object.fromEntries(
      [...said.matchAll(/^(\w+): \S+ has ([\d.]+) MB$/gm)].map(([, job, mb]) => [job, Number(mb)]),
    );
    console.log(`sizes in MB: ${JSON.stringify(sizes)}`);
    expect(sizes['web']).toBeLessThanOrEqual(60);
    // Alpine's Node is a third smaller than one that stands in for it where nothing can be pulled.
    expect(sizes['server']).toBeLessThanOrEqual(said.includes('stands in for it') ? 130 : 90);
    const run = (...words: string[]): string =>
      docker(['run', '-d', '--rm', '--read-only', '--cap-drop', 'all', ...words]).trim();
    const server = run('-p', '127.0.0.1::3000', `${at}/acme/aipacto-server:trial`);
    const web = run(
      '-p',
      '127.0.0.1::8080',
      '--tmpfs',
      '/tmp',
      '--cap-add',
      'net_bind_service',
      '--link',
      `${server}:server`,
      '-e',
      'API_ADDRESS=server:3000',
      `${at}/acme/aipacto-web:trial`,
    );
    try {
      const [s, w] = [docker(['port', server, '3000']).trim(), docker(['port', web, '8080']).trim()];
      const text = (address: string, path: string) =>
        until(`${path} of ${address}`, 10_000, async () => {
          const reply = await fetch(`http://${address}${path}`);
          return reply.ok ? reply.text() : undefined;
        });
      for (const address of [s, w])
        for (const path of ['/health', '/api/health'])
          expect(JSON.parse(await text(address, path))).toMatchObject({ status: 'ok' });
      expect(await text(s, '/metrics')).toMatch(
        /^http_requests_total\{method="GET",path="\/api\/health",status="200"\} \d+$/m,
      );
      expect(await text(w, '/metrics')).toContain('# TYPE ');
      const page = await text(w, '/');
      const script = /src="(\/assets\/main-[A-Z0-9]+\.js)"/.exec(page)?.[1] ?? '';
      expect(await text(w, script)).toContain('Asking /api');
      expect(docker(['exec', server, 'node', '-p', 'process.getuid()']).trim()).toBe('1000');
      const stopped = Date.now();
      docker(['stop', '-t', '10', server, web]);
      expect(Date.now() - stopped).toBeLessThan(8_000);
    } finally {
      spawnSync('docker', ['rm', '-f', server, web]);
    }
  });

  test('the archive is checked and pushed under the tag of its pull request, and told with its digest', async () => {
    const file = join(clone, 'digests');
    npm('docker:check', '--', 'images.tar', '--sha', sha, '--pull-request', '7', '--push', '--digests', 'digests');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    digests = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
    expect(Object.keys(digests).sort()).toEqual(['server', 'web']);
    for (const [job, reference] of Object.entries(digests)) {
      expect(reference).toMatch(new RegExp(`^${at}/acme/aipacto-${job}:pr-7-1a2b3c4d5e6f@sha256:[0-9a-f]{64}$`));
      expect(await images.digestOf(`${at}/acme/aipacto-${job}:pr-7-1a2b3c4d5e6f`)).toBe(reference.split('@')[1]);
    }
    expect(() => npm('docker:push', '--', '--tag', 'latest')).toThrow(/latest is pushed from main only/);
  });

  test('Nomad pulls the digest with the file that servers get: refused with a wrong login, run once it is renewed', async () => {
    const file = join(folder, 'pull.json');
    const write = (token: string): void => {
      const config = { images: { registry: `${at}/acme`, username: 'deployer', pin: true } } as never;
      const env = { REGISTRY_TOKEN: token };
      const context = { config, env, onSecret: () => undefined, local: false };
      const [one] = pullAccess(context, { current: () => null } as never, {} as never).files();
      if (!(one?.content instanceof Secret)) throw new Error('the login is no secret');
      writeFileSync(file, one.content.reveal(), { mode: 0o600 });
    };
    const image = (digests['web'] ?? '').replace(/:pr-[^@]*@/, '@');
    const tags = docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']).split('\n');
    for (const one of tags.filter((name) => name.startsWith(`${at}/acme/aipacto-web`)))
      docker(['image', 'rm', '-f', one]);
    write('not-the-password');
    const agents: Agents = await startAgents(nomadBin ?? '', consulBin ?? '', file);
    try {
      const env = { ...process.env, NOMAD_ADDR: agents.nomad };
      const values = [`image=${image}`, 'domain=shop.example'].flatMap((one) => ['-var', one]);
      execFileSync(nomadBin ?? '', ['job', 'run', '-detach', ...values, 'jobs/web.nomad.hcl'], { cwd: root, env });
      const allocations = async () =>
        (await (await fetch(`${agents.nomad}/v1/job/web/allocations`)).json()) as {
          ClientStatus: string;
          TaskStates: Record<string, { Events: { DisplayMessage: string }[] }> | null;
        }[];
      const events = async () => JSON.stringify((await allocations()).map((one) => one.TaskStates));
      await until('a pull that is refused', 60_000, async () =>
        /Failed to pull|authentication required|unauthorized/.test(await events()) ? true : undefined,
      );
      write(password);
      await until('the job to run', 120_000, async () =>
        (await allocations()).some((one) => one.ClientStatus === 'running') ? true : undefined,
      );
    } finally {
      await agents.stop();
    }
  });

  test('when the pull request is closed its tags go, and a release of the same image keeps it', async () => {
    const names = ['server', 'web'].map((job) => `${at}/acme/aipacto-${job}`);
    expect(await images.removeTags([7], names)).toEqual({
      removed: names.map((name) => `${name}:pr-7-1a2b3c4d5e6f`),
      stayed: [],
    });
    expect(await images.digestOf(`${names[0]}:pr-7-1a2b3c4d5e6f`)).toBe(null);
    npm('docker:check', '--', 'images.tar', '--sha', sha, '--pull-request', '8', '--push');
    npm('docker:check', '--', 'images.tar', '--sha', sha, '--push');
    const { removed, stayed } = await images.removeTags([8], names.slice(1));
    expect(removed).toEqual([]);
    expect(stayed[0]).toContain('is the same image as 1a2b3c4d5e6f');
    expect(await images.digestOf(`${names[1]}:1a2b3c4d5e6f`)).toMatch(/^sha256:/);
  });
});
