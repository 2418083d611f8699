import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docker, inside, lacking, leftOf, machinesOf, openPorts, reconcile, visit } from './story.ts';

/*
 * The whole product on real servers: systemd, cloud-init, sshd, Docker, Consul, Nomad and Caddy, and HAProxy for the
 * load balancer. One story from nothing to nothing; each test goes on where the one before ended.
 */
const missing = lacking();
const directory = mkdtempSync(join(tmpdir(), 'reconcile-story-'));
const domain = 'aipacto.com';
const file = (name: string): string => readFileSync(join(directory, 'docker', name), 'utf8');
let balancer = '';
let worldId = '';
let servers: Record<string, { readonly public: string; readonly private: string }> = {};
const see = (path: string, timeoutMs?: number) =>
  visit({ address: balancer, domain, path, ca: file('ca.pem'), ...(timeoutMs === undefined ? {} : { timeoutMs }) });

describe.skipIf(missing !== undefined)(`production on real servers (skipped: ${missing ?? 'nothing'})`, () => {
  beforeAll(async () => {
    const made = await reconcile(directory, 'production --yes --json');
    expect(made.stderr + made.stdout).not.toContain('"failed"\n');
    expect(made.exitCode, made.stderr.slice(-4_000)).toBe(0);
    const document = JSON.parse(made.stdout);
    expect(document.outcome.result).toBe('converged');
    balancer = document.outputs.load_balancer_ip;
    servers = document.outputs.server_ips;
    worldId = JSON.parse(file('world.json')).state.docker.id;
  });

  afterAll(async () => {
    await reconcile(directory, 'destroy pr 7 --yes');
    await reconcile(directory, 'destroy production --yes');
    rmSync(directory, { recursive: true, force: true });
  });

  test('the page, /health and /api/health answer through the load balancer, over HTTPS', async () => {
    const page = await see('/');
    expect([page.status, page.body.slice(0, 15)]).toEqual([200, '<!doctype html>']);
    expect(page.headers['strict-transport-security']).toBe('max-age=31536000');
    expect((await see('/health')).body).toContain('"status":"ok"');
    expect(JSON.parse((await see('/api/health')).body)).toMatchObject({ status: 'ok', version: 'latest' });
  });

  test('again: no changes, and nothing is written', async () => {
    const again = await reconcile(directory, 'production --yes --json');
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: null, requests: { write: 0 } });
  });

  test('from outside only SSH, HTTP and HTTPS answer', async () => {
    const inner = [2019, 2375, 4646, 4647, 4648, 5000, 8300, 8301, 8302, 8500, 8501, 8502, 8503, 8600];
    for (const { public: address } of Object.values(servers)) {
      const open = await openPorts(address, [22, 80, 443, ...inner]);
      expect(open.filter((port) => ![22, 80, 443].includes(port))).toEqual([]);
      expect(open).toContain(22);
    }
    expect(await openPorts(balancer, [22, 80, 443, ...inner])).toEqual([80, 443]);
    // Nor the ports that Nomad gave to the jobs.
    const [machine = ''] = (await machinesOf(directory)).values();
    const published = await inside(machine, "docker ps --format '{{.Ports}}'");
    const jobPorts = [...published.matchAll(/:(\d+)->/g)].map((match) => Number(match[1]));
    for (const { public: address } of Object.values(servers)) expect(await openPorts(address, jobPorts)).toEqual([]);
  });

  test('strangers are refused, and a job reaches neither the metadata service nor the control ports', async () => {
    const machines = await machinesOf(directory);
    const [machine = ''] = machines.values();
    const ask = (url: string) => inside(machine, `curl -sk -m 5 -o /dev/null -w '%{http_code}' ${url} || true`);
    expect(await ask('https://127.0.0.1:8501/v1/operator/autopilot/health')).toBe('403');
    expect(await ask('https://127.0.0.1:4646/v1/nodes')).toBe('403');
    expect(await ask('http://169.254.169.254/hetzner/v1/metadata/instance-id')).toBe('200');
    const probe = (url: string) =>
      `fetch('${url}', { signal: AbortSignal.timeout(4000) }).then((r) => console.log(r.status), () => console.log('refused'))`;
    for (const host of machines.values()) {
      const job = await inside(host, "docker ps -q --filter name='^server-'");
      if (job === '') continue;
      const said = (url: string) => inside(host, `docker exec ${job.split('\n')[0]} node -e "${probe(url)}"`);
      expect(await said('http://169.254.169.254/hetzner/v1/metadata/instance-id')).toBe('refused');
      expect(await said('http://10.0.1.11:8500/v1/status/leader')).toBe('refused');
      return;
    }
    throw new Error('the job server runs nowhere');
  });

  test('no lasting secret is in user data, processes or logs; the state is only its owner’s; the first host key is gone', async () => {
    const path = join(directory, 'docker/production.json');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    const { keys, applications } = JSON.parse(readFileSync(path, 'utf8'));
    const values = Object.values<{ value: string }>(applications).map(({ value }) => value);
    const secrets = secretsIn({ ...keys, hosts: {}, values }).filter((text) => text.length >= 12);
    expect(secrets.length).toBeGreaterThan(8);
    const world = file('world.json');
    const found = (text: string) => secrets.filter((secret) => text.includes(secret.trim()));
    const userData = JSON.stringify(JSON.parse(world).serverFacts ?? JSON.parse(world).tables?.serverFacts ?? world);
    expect(found(userData)).toEqual([]);
    for (const machine of (await machinesOf(directory)).values()) {
      const text = await inside(machine, 'ps -eo args; journalctl --no-pager -o cat; cat /var/log/cloud-init*.log');
      expect(found(text)).toEqual([]);
      const first = await inside(
        machine,
        "grep -o 'ssh-ed25519 [A-Za-z0-9+/=]*' /var/lib/cloud/instance/user-data.txt",
      );
      const offered = await inside(machine, "ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | cut -d' ' -f2,3");
      expect(first.split('\n')).not.toContain(offered);
    }
    for (const host of Object.values<{ first?: object; pinned?: string }>(keys.hosts)) {
      expect(host.first).toBeUndefined();
      expect(host.pinned).toMatch(/^ssh-ed25519 /);
    }
  });

  test('one server dies hard: failures end within ten seconds, check names it, and it comes back as it was', async () => {
    const [[name = '', machine = ''] = []] = await machinesOf(directory);
    const seen: { readonly at: number; readonly ok: boolean }[] = [];
    let watching = true;
    const watch = async (): Promise<void> => {
      while (watching) {
        const at = Date.now();
        const reply = await see('/api/health', 10_000).catch(() => undefined);
        seen.push({ at, ok: reply?.status === 200 });
        await new Promise((done) => setTimeout(done, 100));
      }
    };
    const watchers = [watch(), watch(), watch()];
    const killedAt = Date.now();
    await docker('kill', machine);
    await until(() => Date.now() - killedAt > 25_000);
    watching = false;
    await Promise.all(watchers);
    const failures = seen.filter(({ ok }) => !ok).map(({ at }) => at - killedAt);
    console.log(
      `${seen.length} requests, ${failures.length} failed, the last one begun ${Math.max(0, ...failures)} ms after the kill`,
    );
    expect(Math.max(0, ...failures)).toBeLessThanOrEqual(10_000);

    const check = await reconcile(directory, 'check production');
    expect(check.exitCode).toBe(2);
    expect(check.stdout).toContain(`server/${name.replace('aipacto-', '')}`);
    const healed = await reconcile(directory, 'production --yes --json');
    expect(healed.exitCode, healed.stderr.slice(-4_000)).toBe(0);
    expect(JSON.parse(healed.stdout).outputs.server_ips).toEqual(servers);
  });

  test('a preview stands beside it, over plain HTTP, and each goes without the other', async () => {
    const preview = await reconcile(directory, 'pr 7 --yes --json');
    expect(preview.exitCode, preview.stderr.slice(-4_000)).toBe(0);
    const [{ public: address } = { public: '' }] = Object.values<{ public: string }>(
      JSON.parse(preview.stdout).outputs.server_ips,
    );
    const page = await fetch(`http://${address}/api/health`, { headers: { host: 'pr-7.pr.aipacto.com' } });
    expect(page.status).toBe(200);
    expect((await reconcile(directory, 'destroy pr 7 --yes')).exitCode).toBe(0);
    expect((await see('/health')).status).toBe(200);
  });

  test('destroy leaves nothing behind', async () => {
    expect((await reconcile(directory, 'destroy production --yes')).exitCode).toBe(0);
    expect(await leftOf(worldId)).toEqual([]);
  });
});

/** Every text of a document that is no certificate, no public half and no bare word. */
const secretsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return /CERTIFICATE|^ssh-ed25519/.test(value) ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((done) => setTimeout(done, 100));
};
