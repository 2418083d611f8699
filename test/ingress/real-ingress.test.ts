import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/domain/environment.ts';
import { environmentOf } from '../desired/inputs.ts';
import { type App, createApp } from './app.ts';
import { ask, keepAlive, type Question, webSocket } from './ask.ts';
import { createConsul, type RealConsul } from './consul.ts';
import { createNode, type IngressNode } from './node.ts';
import { lacking, type Running, until } from './processes.ts';

/*
 * The real Caddy, the real Consul with access control, and the program between them. Applications are small servers of
 * this process; Consul asks their health itself.
 */
const missing = lacking(['caddy', 'consul', 'python3']);
const staging = environmentOf({ type: 'staging' });
const [firstJob] = staging.jobs;
if (firstJob === undefined) throw new Error('infra.yaml has jobs');
const environment: Environment = {
  ...staging,
  tls: 'off',
  pool: { perServer: 6, serversMax: 3, cpuMhz: 1000, memoryMb: 768, wildcard: 'pr.aipacto.com', tls: 'off' },
  jobs: [...staging.jobs, { ...firstJob, name: 'partner', routes: ['partner.staging.aipacto.com/'] }],
};
const host = 'staging.aipacto.com';

describe.skipIf(missing !== '')(`services become routes${missing}`, () => {
  let folder = '';
  const apps: App[] = [];
  let consul: RealConsul;
  let node: IngressNode;
  let program: Running;
  let router: Running;

  const app = async (name: string): Promise<App> => {
    const made = await createApp(name);
    apps.push(made);
    return made;
  };
  /** Who answers: the name of the application, or the status. */
  const answer = async (path: string, name = host): Promise<string> => {
    const { status, body } = await ask({ port: node.ports.http, host: name, path });
    return status === 200 ? (JSON.parse(body) as { app: string }).app : `${status} ${body}`;
  };
  const awaitAnswer = (path: string, wanted: string, name = host): Promise<string> =>
    until(`${name}${path} from ${wanted}`, async () => {
      const got = await answer(path, name);
      if (got !== wanted) throw new Error(got);
      return got;
    });
  /** Everyone who answers in twenty requests. */
  const answerers = async (path: string): Promise<string[]> => {
    const seen = await Promise.all(Array.from({ length: 20 }, () => answer(path)));
    return [...new Set(seen)].sort();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingress-consul-'));
    consul = await createConsul(folder);
    node = await createNode(environment);
    ({ router } = await node.startCaddy());
    // The load balancer must not send anyone before the routes are known.
    const { status, body } = await ask({ port: node.ports.http, host, path: '/healthz' });
    expect([status, body]).toEqual([503, 'no routes yet']);
    program = node.startRoutes(consul.port, consul.tokenFile);
  }, 60_000);
  afterAll(async () => {
    await node?.end();
    await consul?.stop();
    await Promise.all(apps.map((one) => one.end()));
    rmSync(folder, { recursive: true, force: true });
  });

  test('with the first routes the server is healthy for the load balancer, though there are none', async () => {
    await until('healthy', async () => (await ask({ port: node.ports.http, host, path: '/healthz' })).status === 200);
    expect(program.log()).toContain('0 routes');
  });

  test('nobody is there yet: 503, and when to ask again', async () => {
    await until('the first routes', () => program.log().includes('0 routes'));
    const { status, headers, body } = await ask({ port: node.ports.http, host });
    expect([status, headers['retry-after'], body]).toEqual([503, '5', 'no service answers this path yet']);
  });

  test('the longest path wins, a path means itself and what lies below it, a host goes before none', async () => {
    const [web, api, deep, partner] = [await app('web'), await app('api'), await app('deep'), await app('partner')];
    await consul.register({ id: 'web-1', name: 'web', port: web.port, routes: '/' });
    await consul.register({ id: 'api-1', name: 'api', port: api.port, routes: '/api' });
    await consul.register({ id: 'deep-1', name: 'deep', port: deep.port, routes: '/api/deep, /deep' });
    await consul.register({
      id: 'partner-1',
      name: 'partner',
      port: partner.port,
      routes: 'partner.staging.aipacto.com/',
    });
    await consul.register({ id: 'inner-1', name: 'inner', port: api.port, routes: '/inner', tags: [] });
    await awaitAnswer('/', 'web');
    await awaitAnswer('/api', 'api');
    await awaitAnswer('/api/deep/down', 'deep');
    await awaitAnswer('/api', 'partner', 'partner.staging.aipacto.com');
    expect(await Promise.all(['/api/x', '/apix', '/deep', '/deep/x', '/inner'].map((path) => answer(path)))).toEqual([
      'api',
      'web',
      'deep',
      'deep',
      'web',
    ]);
  });

  test('what a job writes into its registration stays data: foreign hosts and odd paths are told and left out', async () => {
    const evil = await app('evil');
    const routes = 'bank.example/, /x } respond "taken" 200 #, /evil';
    await consul.register({ id: 'evil-1', name: 'evil', port: evil.port, routes });
    await awaitAnswer('/evil', 'evil');
    expect(node.routes()).not.toMatch(/bank|taken/);
    expect(program.log()).toContain("evil: 'bank.example/' is no route of ours");
    await consul.deregister('evil-1');
    await awaitAnswer('/evil', 'web');
  });

  test('a name of a preview belongs to services that are called after it', async () => {
    const [seven, thief] = [await app('seven'), await app('thief')];
    await consul.register({ id: 'seven-1', name: 'web-pr-7', port: seven.port, routes: 'pr-7.pr.aipacto.com/' });
    await consul.register({ id: 'thief-1', name: 'web-pr-70', port: thief.port, routes: 'pr-7.pr.aipacto.com/taken' });
    await awaitAnswer('/', 'seven', 'pr-7.pr.aipacto.com');
    await until('it is told', async () => program.log().includes("'pr-7.pr.aipacto.com/taken' is no route of ours"));
    expect(await answer('/taken', 'pr-7.pr.aipacto.com')).toBe('seven');
    for (const id of ['seven-1', 'thief-1']) await consul.deregister(id);
  });

  test('an instance that turns unhealthy gets no more requests; without any left it is 503, and back at once', async () => {
    const [one, two] = [await app('one'), await app('two')];
    await consul.register({ id: 'pair-1', name: 'pair', port: one.port, routes: '/pair' });
    await consul.register({ id: 'pair-2', name: 'pair', port: two.port, routes: '/pair' });
    await consul.awaitStatus('pair', 'passing');
    await until('both answer', async () => (await answerers('/pair')).join() === 'one,two');
    one.healthy = false;
    await until('one is out', async () => (await answerers('/pair')).join() === 'two');
    two.healthy = false;
    // For the grace of two seconds the last one stays, then nobody.
    const { headers } = await until('503', async () => {
      const reply = await ask({ port: node.ports.http, host, path: '/pair' });
      return reply.status === 503 && reply.body === 'no healthy instance' && reply;
    });
    expect(headers['retry-after']).toBe('5');
    one.healthy = true;
    await awaitAnswer('/pair', 'one');
    two.healthy = true;
    await until('both again', async () => (await answerers('/pair')).join() === 'one,two');
  });

  test('an instance that is registered but gone: 502 or 503 with Retry-After within seconds, no hanging', async () => {
    const gone = await app('gone');
    await consul.register({ id: 'gone-1', name: 'gone', port: gone.port, routes: '/gone' });
    await awaitAnswer('/gone', 'gone');
    await gone.end();
    const { status, headers } = await ask({ port: node.ports.http, host, path: '/gone' });
    expect([502, 503]).toContain(status);
    expect(headers['retry-after']).toBe('5');
    await consul.deregister('gone-1');
  });

  test('Consul restarts: nobody notices', async () => {
    await consul.awaitStatus('web', 'passing');
    const before = node.routes();
    const seen = new Set<string>();
    let asking = true;
    const loop = (async () => {
      while (asking) {
        for (const path of ['/', '/api', '/pair']) seen.add((await answer(path)).replace(/^(one|two)$/, 'pair'));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await consul.stop();
    await until('the program has noticed', () => program.log().includes("Consul can't be asked"));
    await consul.start();
    await consul.awaitStatus('web', 'passing');
    await consul.awaitStatus('pair', 'passing');
    // A change after the restart proves that the program is listening again.
    await consul.register({ id: 'api-1', name: 'api', port: apps[1]?.port ?? 0, routes: '/api,/v2' });
    await awaitAnswer('/v2', 'api');
    asking = false;
    await loop;
    expect([...seen].sort()).toEqual(['api', 'pair', 'web']);
    expect(node.routes()).toContain(before.split('\n').find((line) => line.includes('reverse_proxy')) ?? 'nothing');
  }, 60_000);

  test('twenty changes of the routes under load: not one request fails, on new and on kept connections, GET and POST', async () => {
    const count = { asked: 0 };
    const failures: string[] = [];
    let asking = true;
    const agent = keepAlive();
    const load = async (question: Partial<Question>): Promise<void> => {
      while (asking) {
        count.asked += 1;
        try {
          const { status } = await ask({ port: node.ports.http, host, path: '/api', ...question });
          if (status !== 200) failures.push(String(status));
        } catch (error) {
          failures.push(String(error));
        }
      }
    };
    const post = { method: 'POST', body: 'x'.repeat(20_000) };
    const loops = [{}, post, { agent }, { agent, ...post }].map(load);
    const slow = ask({ port: node.ports.http, host, path: '/api/slow' });
    const socket = await webSocket(node.ports.http, host, '/api/socket');
    const before = program.log().split('in force').length;
    for (let round = 1; round <= 20; round += 1) {
      await consul.register({ id: 'late-1', name: 'late', port: apps[0]?.port ?? 0, routes: `/late-${round}` });
      await until(`route ${round}`, () => node.routes().includes(`/late-${round} `));
    }
    expect(await socket.echo('still here')).toBe('still here');
    socket.end();
    asking = false;
    await Promise.all(loops);
    agent.destroy();
    expect(failures).toEqual([]);
    expect((await slow).status).toBe(200);
    expect(count.asked).toBeGreaterThan(500);
    expect(program.log().split('in force').length - before).toBeGreaterThanOrEqual(20);
    await consul.deregister('late-1');
    await until('calm', () => !node.routes().includes('/late'));
  }, 60_000);

  test('what the router refuses is never in force: the old routes answer on, also after a restart of the router', async () => {
    const good = readFileSync(node.program, 'utf8');
    const before = node.routes();
    await program.end();
    writeFileSync(node.program, good.replace('lb_policy round_robin', 'lb_policy no_such_policy'));
    program = node.startRoutes(consul.port, consul.tokenFile);
    await until('a refusal', () => /does not take the new routes: .*no_such_policy/.test(program.log()));
    expect(node.routes()).toBe(before);
    expect(await answer('/')).toBe('web');
    await router.end();
    router = node.startRouter();
    expect(await answer('/')).toBe('web');
    await program.end();
    writeFileSync(node.program, good);
    program = node.startRoutes(consul.port, consul.tokenFile);
    await consul.register({ id: 'late-1', name: 'late', port: apps[0]?.port ?? 0, routes: '/late' });
    await until('the route', () => node.routes().includes('/late'));
    await consul.deregister('late-1');
    await until('calm', () => !node.routes().includes('/late'));
  });

  test('a token that may not read everything changes nothing either', async () => {
    const before = node.routes();
    writeFileSync(consul.tokenFile, '11111111-2222-3333-4444-555555555555\n');
    await consul.register({ id: 'web-2', name: 'web', port: apps[0]?.port ?? 0, routes: '/,/web' });
    await until('a complaint', () => program.log().includes('Consul answers 403'));
    expect(node.routes()).toBe(before);
    expect(await answer('/')).toBe('web');
  });
});
