import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { submitJob } from '../../src/cluster/submit.ts';
import { createConsul } from '../../src/consul/catalog.ts';
import type { JobVariables, Resource } from '../../src/domain/resource.ts';
import { Secret } from '../../src/domain/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { createNomad } from '../../src/nomad/scheduler.ts';
import type { JobScheduler } from '../../src/ports/job-scheduler.ts';
import type { Fetch, Machines } from '../../src/ports/machines.ts';
import { type Agents, buildImage, docker, hasDocker, program, startAgents, until } from './agents.ts';

const nomadBin = program('nomad', 'NOMAD_BIN');
const consulBin = program('consul', 'CONSUL_BIN');
const caddyBin = program('caddy', 'CADDY_BIN');
const lacks = [
  ...(nomadBin === undefined ? ['no nomad'] : []),
  ...(consulBin === undefined ? ['no consul'] : []),
  ...(hasDocker() ? [] : ['no docker engine']),
];
const why = lacks.length === 0 ? '' : ` (skipped: ${lacks.join(', ')})`;
const file = (name: string): string => readFileSync(resolve(import.meta.dirname, '../../jobs', name), 'utf8');
const [serverImage, webImage] = ['reconcile-test-server:1', 'reconcile-test-web:1'];
const databaseUrl = 'postgres://user:p"a\\$s${x}\'@host/db?a=b&c=<é>';

describe.skipIf(lacks.length > 0)(`the shipped jobs on a real Nomad and Consul${why}`, () => {
  let agents: Agents;
  let nomad: JobScheduler;

  beforeAll(async () => {
    buildImage(serverImage, 'docker/server.Dockerfile', process.execPath, 'node');
    if (caddyBin !== undefined) buildImage(webImage, 'docker/web.Dockerfile', pathOf(caddyBin), 'caddy');
    agents = await startAgents(nomadBin ?? '', consulBin ?? '');
    nomad = createNomad({ fetch, address: agents.nomad });
  }, 180_000);
  afterAll(async () => {
    await agents?.stop();
    for (const image of [serverImage, webImage])
      for (const name of [image, `${image}-base`])
        if (docker(['image', 'ls', '-q', name]).trim() !== '') docker(['image', 'rm', '-f', name]);
  }, 120_000);

  const job = (
    name: 'server' | 'web',
    fingerprint: string,
    change: { variables?: JobVariables; hcl?: (text: string) => string; release?: readonly string[] } = {},
  ): Resource<'job'> => {
    const image = name === 'server' ? serverImage : webImage;
    const hcl = (change.hcl ?? ((text) => text))(file(`${name}.nomad.hcl`));
    const path = name === 'server' ? '/api/health' : '/health';
    const releaseId = `${name}-release`;
    const release = change.release && {
      jobId: releaseId,
      hcl: file('release.nomad.hcl'),
      variables: { id: releaseId, image, command: change.release, version: fingerprint },
      fingerprint: `release ${change.release.join(' ')}`,
    };
    return {
      kind: 'job',
      address: `job/${name}`,
      name,
      labels: { project: 'shop', environment: 'production' },
      spec: {
        jobId: name,
        hcl,
        variables: { image, domain: 'shop.example', version: fingerprint, ...change.variables },
        count: 1,
        healthPath: path,
        secrets: name === 'server' ? [{ name: 'DATABASE_URL', revision: 'r1', from: 'state' }] : [],
        answers: { domain: 'shop.example', path, version: fingerprint },
        ...(release && { release }),
      },
      dependsOn: [],
      fingerprint,
      scope: 'environment',
    };
  };

  /** Stands for Caddy on the server: sends what comes to port 80 to an instance that Consul calls healthy. */
  const ingress: Fetch = async (request) => {
    const { pathname } = new URL(request.url);
    const service = pathname.startsWith('/api') ? 'server' : 'web';
    const healthy = await fetch(`${agents.consul}/v1/health/service/${service}?passing`);
    const [one] = (await healthy.json()) as { Service: { Address: string; Port: number } }[];
    if (one === undefined) return new Response('no healthy instance', { status: 503 });
    return fetch(`http://${one.Service.Address}:${one.Service.Port}${pathname}`);
  };
  const submit = async (wanted: Resource<'job'>): Promise<readonly string[]> => {
    const said: string[] = [];
    const target = { name: 'one', privateIp: '127.0.0.1', publicIp: null };
    await submitJob(
      {
        machines: { fetchThrough: () => ingress } as Partial<Machines> as Machines,
        connect: () => ({ scheduler: nomad, catalog: createConsul({ fetch, address: agents.consul }) }) as never,
        clock: systemClock,
        random: systemRandom,
        secrets: { valuesFor: async () => ({ DATABASE_URL: new Secret(databaseUrl) }) },
      },
      wanted,
      [target],
      { progress: (detail) => void said.push(detail), signal: new AbortController().signal },
    );
    return said;
  };
  const read = async (path: string): Promise<string> => (await fetch(`${agents.nomad}${path}`)).text();
  const document = async (path: string): Promise<unknown> => JSON.parse(await read(path));
  const ask = async (path: string): Promise<Response> => ingress(new Request(`http://127.0.0.1${path}`));
  const command = (args: readonly string[]): string =>
    execFileSync(nomadBin ?? '', args, {
      encoding: 'utf8',
      env: { ...process.env, NOMAD_ADDR: agents.nomad },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: resolve(import.meta.dirname, '../..'),
    });
  /** Environment of the newest running task, as the program in it sees it. */
  const environmentOf = async (name: string): Promise<Record<string, string>> => {
    const allocations = JSON.parse(await read(`/v1/job/${name}/allocations`)) as {
      ID: string;
      ClientStatus: string;
      CreateIndex: number;
    }[];
    const running = allocations.filter((one) => one.ClientStatus === 'running');
    const newest = running.toSorted((a, b) => b.CreateIndex - a.CreateIndex)[0]?.ID ?? '';
    const code = 'console.log(JSON.stringify(process.env))';
    return JSON.parse(command(['alloc', 'exec', newest, 'node', '-e', code])) as Record<string, string>;
  };

  test('the files are formatted, and the nomad command finds them valid as they stand', () => {
    expect(command(['fmt', '-check', 'jobs'])).toBe('');
    const plain = ['-var', 'image=example/app:1', '-var', 'domain=shop.example'];
    for (const name of ['server', 'web'])
      expect(command(['job', 'validate', ...plain, `jobs/${name}.nomad.hcl`])).toContain('validation successful');
    const release = ['-var', 'id=server-release', '-var', 'image=example/app:1', '-var', 'command=["node","x.mjs"]'];
    expect(command(['job', 'validate', ...release, 'jobs/release.nomad.hcl'])).toContain('validation successful');
  });

  test('a first deploy runs its release, is healthy in seconds, and has its secrets in its environment alone', async () => {
    const startedAt = Date.now();
    await submit(job('server', 'v1', { release: ['node', 'release.mjs'] }));
    const elapsed = Date.now() - startedAt;
    expect(elapsed).toBeLessThan(45_000);
    console.log(`first deploy with a release: ${(elapsed / 1000).toFixed(1)} s`);
    const reply = await ask('/api');
    expect(reply.headers.get('x-app-version')).toBe('v1');
    expect(await reply.json()).toMatchObject({ secrets: { DATABASE_URL: true, JWT_SECRET: false } });
    expect((await environmentOf('server'))['DATABASE_URL']).toBe(databaseUrl);
    const [secret = ''] = /p"a\\\$s/.exec(databaseUrl) ?? [];
    for (const path of [
      '/v1/job/server',
      '/v1/job/server/allocations',
      '/v1/job/server-release',
      '/v1/job/server/versions',
    ])
      expect(await read(path)).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect((await nomad.jobs()).map(({ jobId, healthy }) => [jobId, healthy])).toEqual([['server', 1]]);
  }, 120_000);

  test('the same again makes no version, writes no variable and runs no release', async () => {
    const before = await Promise.all(['/v1/job/server', '/v1/job/server-release', '/v1/vars'].map(document));
    await submit(job('server', 'v1', { release: ['node', 'release.mjs'] }));
    expect(await Promise.all(['/v1/job/server', '/v1/job/server-release', '/v1/vars'].map(document))).toEqual(before);
  }, 60_000);

  test('a container has no capability, a read-only disk, and may write to /tmp', async () => {
    const code =
      "const fs=require('fs');let ro='';try{fs.writeFileSync('/x','')}catch(e){ro=e.code};fs.writeFileSync('/tmp/x','');" +
      "console.log(ro, /CapEff:\\s*(\\S+)/.exec(fs.readFileSync('/proc/self/status','utf8'))[1], process.getuid())";
    const [one] = JSON.parse(await read('/v1/job/server/allocations')) as { ID: string }[];
    expect(command(['alloc', 'exec', one?.ID ?? '', 'node', '-e', code]).trim()).toBe('EROFS 0000000000000000 1000');
  });

  test('an image that nobody has: a sentence within a minute, and the version before answers on', async () => {
    const startedAt = Date.now();
    const missing = job('server', 'v2', { variables: { image: 'reconcile-test-missing:1' } });
    await expect(submit(missing)).rejects.toThrow(
      /^job server version \d+ failed: deployment failed; Failed due to unhealthy allocations - rolling back to job version \d+; task server of allocation \w{8} on .*: Driver Failure: Failed to pull `reconcile-test-missing:1`/,
    );
    console.log(`missing image: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    expect(Date.now() - startedAt).toBeLessThan(60_000);
    expect((await ask('/api/health')).headers.get('x-app-version')).toBe('v1');
  }, 120_000);

  test('a task that ends at once: its last lines are told, and the next run goes on with what was mended', async () => {
    const crashing = job('server', 'v3', { hcl: (text) => text.replace('"${var.port}"', '"none"') });
    const error: Error = await submit(crashing).then(
      () => new Error('it was taken'),
      (failure: Error) => failure,
    );
    expect(error.message).toContain('Terminated: Exit Code: 1');
    expect(error.message).toContain('the last lines of its stderr:');
    expect(error.message).toContain('ERR_SOCKET_BAD_PORT');
    await submit(job('server', 'v4'));
    expect((await ask('/api/health')).headers.get('x-app-version')).toBe('v4');
  }, 180_000);

  test('a check that never passes: restarted, given up, rolled back, in less than three minutes', async () => {
    const startedAt = Date.now();
    await expect(submit(job('server', 'v5', { variables: { health: '/api/nothing' } }))).rejects.toThrow(
      /^job server version \d+ failed: deployment failed; Failed due to unhealthy allocations - rolling back to job version \d+; task server of allocation \w{8} on \S+: .*\bunhealthy/,
    );
    console.log(`failing check: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    expect((await ask('/api/health')).headers.get('x-app-version')).toBe('v4');
  }, 240_000);

  test('a release that fails stops the deploy before anything runs; tried again, it is a new try', async () => {
    const code = "console.error('column users.email exists already');process.exit(3)";
    const failing = job('server', 'v6', { release: ['node', '-e', code] });
    const before = await document('/v1/job/server');
    for (const attempt of [1, 2]) {
      const error = (await submit(failing).catch((failure: Error) => failure)) as Error & { done: readonly string[] };
      expect(error.message, `attempt ${attempt}`).toMatch(
        /^the release of job server failed: task release of allocation/,
      );
      expect(error.message).toContain('Exit Code: 3');
      expect(error.message).toContain('column users.email exists already');
      expect(error.done).toEqual(['job server was not touched: the version before runs on']);
    }
    expect(await document('/v1/job/server')).toEqual(before);
    const versions = JSON.parse(await read('/v1/job/server-release/versions')) as { Versions: unknown[] };
    expect(versions.Versions.length).toBeGreaterThanOrEqual(2);
  }, 180_000);

  test.skipIf(caddyBin === undefined)(
    `the static site runs beside it${caddyBin === undefined ? ' (skipped: no caddy)' : ''}`,
    async () => {
      await submit(job('web', 'w1'));
      const reply = await ask('/');
      expect(reply.headers.get('x-app-version')).toBe('w1');
      expect(await reply.text()).toContain('<title>Sample</title>');
    },
    120_000,
  );

  test('stopping takes job, release and variables with it', async () => {
    expect(await read('/v1/vars')).toContain('nomad/jobs/server');
    for (const name of ['server', 'web']) await nomad.stop(name);
    expect(JSON.parse(await read('/v1/vars'))).toEqual([]);
    await until('no job', 30_000, async () => ((await read('/v1/jobs')) === '[]' ? true : undefined));
    expect((await nomad.putVariables('nomad/jobs/x', { A: new Secret('1') })).changed).toBe(true);
    expect((await nomad.putVariables('nomad/jobs/x', { A: new Secret('1') })).changed).toBe(false);
    expect((await nomad.putVariables('nomad/jobs/x', {})).changed).toBe(true);
  }, 60_000);
});

const pathOf = (name: string): string =>
  name.includes('/') ? name : execFileSync('which', [name], { encoding: 'utf8' }).trim();
