import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poolConfig } from '../pool/config.ts';
import { inside, lacking, leftOf, machinesOf, reconcile } from './story.ts';

/* Previews that share a real server: real Consul, Nomad, Docker and Caddy, and what keeps the previews on it apart. */
const missing = lacking();
const directory = mkdtempSync(join(tmpdir(), 'reconcile-pool-'));
const root = resolve(import.meta.dirname, '../..');
const project = join(directory, 'project');
const run = (command: string) => reconcile(directory, `${command} --config ${join(project, 'infra.yaml')}`);
const worldId = (): string => JSON.parse(readFileSync(join(directory, 'docker/world.json'), 'utf8')).state.docker.id;

describe.skipIf(missing !== undefined)(`previews on one real server (skipped: ${missing ?? 'nothing'})`, () => {
  let machine = '';
  let address = '';

  beforeAll(async () => {
    for (const folder of ['jobs', 'templates', 'cloud-init', 'docker'])
      cpSync(join(root, folder), join(project, folder), { recursive: true });
    writeFileSync(join(project, 'infra.yaml'), poolConfig());
    const first = await run('pr 1 --yes');
    expect(first.exitCode, first.stderr.slice(-4_000)).toBe(0);
    machine = (await machinesOf(directory)).get('aipacto-pool-1') ?? '';
    const outputs = await run('outputs pool --json');
    address = JSON.parse(outputs.stdout).server_ips['aipacto-pool-1'].public;
  });

  afterAll(async () => {
    for (const target of ['pr 1', 'pr 2', 'pool']) await run(`destroy ${target} --yes`);
    rmSync(directory, { recursive: true, force: true });
  });

  const visit = (host: string, path: string): Promise<{ status: number; body: string }> =>
    new Promise((done, fail) => {
      request({ host: address, port: 80, path, headers: { host } }, (reply) => {
        let body = '';
        reply.on('data', (part: Buffer) => {
          body += part.toString();
        });
        reply.on('end', () => done({ status: reply.statusCode ?? 0, body }));
      })
        .on('error', fail)
        .end();
    });
  /** The `nomad` command on the server, as whoever has the token of this environment's states. */
  const nomad = (words: string): Promise<string> => {
    const { keys } = JSON.parse(readFileSync(join(directory, 'docker/pool.json'), 'utf8'));
    const env = `NOMAD_TOKEN=${keys.nomad.management} NOMAD_ADDR=https://10.3.1.11:4646 NOMAD_SKIP_VERIFY=true`;
    return inside(machine, `${env} nomad ${words}`);
  };

  test('the second one is there in seconds, and each answers at its own name', async () => {
    const startedAt = Date.now();
    const second = await run('pr 2 --yes');
    console.log(`pr 2 in the pool: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    expect(second.exitCode, second.stderr.slice(-4_000)).toBe(0);
    for (const number of [1, 2]) {
      const seen = await visit(`pr-${number}.pr.aipacto.com`, '/api/health');
      expect(seen.status).toBe(200);
      expect((await visit(`pr-${number}.pr.aipacto.com`, '/')).body).toContain('<!doctype html>');
    }
    expect((await visit('pr-3.pr.aipacto.com', '/')).status).toBe(503);
  });

  test('the kernel holds each to what it may take', async () => {
    const format = '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}';
    const limits = (await inside(machine, `docker inspect $(docker ps -q) --format '${format}'`)).split('\n');
    expect(limits).toHaveLength(4);
    for (const [memory, quota] of limits.map((line) => line.split(' ').map(Number))) {
      expect(memory).toBe(256 * 1024 * 1024);
      expect(quota).toBeGreaterThan(0);
    }
  });

  test('a job reads its own variables, and none of another preview', async () => {
    const image = (await inside(machine, `docker ps --filter name=server- --format '{{.Image}}'`)).split('\n')[0] ?? '';
    expect(await nomad('var get -namespace=pr-2 -out=json nomad/jobs/server')).toContain('JWT_SECRET');
    const spy = (from: string) => `job "spy" {
  namespace   = "pr-1"
  datacenters = ["*"]
  type        = "batch"
  group "spy" {
    restart {
      attempts = 0
      mode     = "fail"
    }
    task "spy" {
      driver = "docker"
      config {
        image      = "${image}"
        entrypoint = ["node", "-e", "console.log('read', process.env.FOUND.length)"]
      }
      template {
        destination = "secrets/found.env"
        env         = true
        data        = "FOUND={{ with nomadVar \\"${from}\\" }}{{ .JWT_SECRET }}{{ end }}"
      }
    }
  }
}`;
    const said = async (from: string): Promise<string> => {
      await inside(machine, `cat > /tmp/spy.nomad.hcl <<'EOF'\n${spy(from)}\nEOF`);
      await nomad('job run -detach /tmp/spy.nomad.hcl');
      const text = await eventually(async () => {
        const allocations = JSON.parse(await nomad('job allocs -namespace=pr-1 -json spy')) as Allocation[];
        const events = Object.values(allocations[0]?.TaskStates ?? {}).flatMap(({ Events: all }) => all);
        const told = events.map(({ DisplayMessage: one }) => one).join('; ');
        return /Exit Code: 0|Missing: nomad\.var/.test(told) ? told : undefined;
      });
      await nomad('job stop -namespace=pr-1 -purge -detach spy');
      return text;
    };
    await nomad('var put -namespace=pr-1 -force nomad/jobs/spy JWT_SECRET=own');
    expect(await said('nomad/jobs/spy')).toContain('Exit Code: 0');
    expect(await said('nomad/jobs/server@pr-2')).toContain('Missing: nomad.var.block(nomad/jobs/server@pr-2');
    await nomad('var purge -namespace=pr-1 nomad/jobs/spy');
  });

  test('one goes and the other stays; then the pool goes, and nothing is left on the engine', async () => {
    const gone = await run('destroy pr 1 --yes');
    expect(gone.exitCode, gone.stderr.slice(-2_000)).toBe(0);
    expect((await visit('pr-2.pr.aipacto.com', '/api/health')).status).toBe(200);
    const namespaces = JSON.parse(await nomad('namespace list -json')) as { Name: string }[];
    expect(namespaces.map(({ Name: name }) => name).sort()).toEqual(['default', 'pr-2']);
    expect((await run('destroy pool --yes')).exitCode).toBe(4);
    expect((await run('destroy pr 2 --yes')).exitCode).toBe(0);
    const id = worldId();
    expect((await run('destroy pool --yes')).exitCode).toBe(0);
    expect(await leftOf(id)).toEqual([]);
  });
});

interface Allocation {
  readonly TaskStates: Readonly<Record<string, { readonly Events: readonly { readonly DisplayMessage: string }[] }>>;
}

/** Looks again until there is an answer; 40 s at most. */
const eventually = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (const end = Date.now() + 40_000; ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('no answer within 40 s');
    await new Promise((done) => setTimeout(done, 500));
  }
};
