import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSshKey } from '../../src/cluster/keys/ssh-keys.ts';
import { inside, lacking, machinesOf, reconcile, visit } from './story.ts';

/*
 * State and all copies of the keys are deleted while production runs: real sshd, Consul and Nomad, mutual TLS. One story;
 * each test goes on where the one before ended.
 */
const missing = lacking();
const root = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'reconcile-lost-keys-'));
const alice = makeSshKey('alice');
const identity = join(directory, 'alice');
const recover = `production --recover-access --ssh-identity ${identity} --yes`;
const stateFile = join(directory, 'docker/production.json');
const stateNow = () => JSON.parse(readFileSync(stateFile, 'utf8'));
let before: { readonly ids: unknown; readonly running: string; readonly keys: ReturnType<typeof stateNow>['keys'] };
let balancer = '';

/** Agents and containers: none of them may start anew. */
const running = async (): Promise<string> => {
  const each = [...(await machinesOf(directory))].map(async ([name, machine]) => {
    const ask = "systemctl show -p MainPID consul nomad docker; docker ps --format '{{.ID}} {{.Names}}' | sort";
    return `${name}\n${await inside(machine, ask)}`;
  });
  return (await Promise.all(each)).join('\n');
};
const loseEverything = async (): Promise<void> => {
  for (const name of await readdir(join(directory, 'docker')))
    if (/^production\..*json$/.test(name) && !name.endsWith('lease.json')) rmSync(join(directory, 'docker', name));
};

/** The emulated cloud's API as a user of the console would use it, served for a moment. */
const addSshKey = (name: string, publicKey: string): Promise<void> =>
  new Promise((done, fail) => {
    const args = [join(root, 'src/emulator/main.ts'), '--machines', 'docker', '--port', '0', '--directory', directory];
    const server = spawn(process.execPath, args, { cwd: root });
    let said = '';
    server.once('error', fail);
    server.once('exit', () => done());
    server.stdout.on('data', async (part: Buffer) => {
      said += part.toString();
      const [, endpoint, token] = /HCLOUD_ENDPOINT=(\S+)\nexport HCLOUD_TOKEN=(\S+)\n/.exec(said) ?? [];
      if (endpoint === undefined) return;
      said = '';
      const reply = await fetch(`${endpoint}/ssh_keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name, public_key: publicKey }),
      });
      if (reply.status !== 201) fail(new Error(await reply.text()));
      server.kill('SIGINT');
    });
  });

/** Killed with SIGKILL once it says this on standard error. */
const killedOnce = (command: string, said: RegExp, afterMs: number): Promise<void> =>
  new Promise((done, fail) => {
    const args = [join(root, 'src/reconcile.ts'), ...command.split(' '), '--local=docker'];
    const env = { ...process.env, RECONCILE_LOCAL_DIR: directory };
    const child = spawn(process.execPath, args, { cwd: root, env });
    let text = '';
    child.once('error', fail);
    child.once('exit', (_code, signal) =>
      signal === 'SIGKILL' ? done() : fail(new Error(`it ended by itself: ${text}`)),
    );
    child.stderr.on('data', (part: Buffer) => {
      text += part.toString();
      if (said.test(text)) setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
  });

describe.skipIf(missing !== undefined)(`keys lost on real servers (skipped: ${missing ?? 'nothing'})`, () => {
  const named = process.env['SSH_KEY_NAME'];
  beforeAll(async () => {
    process.env['SSH_KEY_NAME'] = 'alice';
    writeFileSync(identity, alice.privateKey.reveal(), { mode: 0o600 });
    await addSshKey('alice', alice.publicKey);
    const made = await reconcile(directory, 'production --yes --json');
    expect(made.exitCode, made.stderr.slice(-4_000)).toBe(0);
    balancer = JSON.parse(made.stdout).outputs.load_balancer_ip;
    before = { ids: JSON.parse(made.stdout).outputs.server_ips, running: await running(), keys: stateNow().keys };
    await loseEverything();
  });
  afterAll(async () => {
    await reconcile(directory, 'destroy production --yes');
    rmSync(directory, { recursive: true, force: true });
    if (named === undefined) delete process.env['SSH_KEY_NAME'];
    else process.env['SSH_KEY_NAME'] = named;
  });

  test('the plan is blocked and names the way out; asked for, it tells the host keys that the servers show', async () => {
    const blocked = await reconcile(directory, 'plan production');
    expect([blocked.exitCode, blocked.stdout]).toEqual([2, expect.stringContaining('production --recover-access')]);
    const plan = await reconcile(directory, `plan production --recover-access --ssh-identity ${identity}`);
    expect(plan.exitCode).toBe(2);
    const text = plan.stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('(alice) in');
    for (const machine of (await machinesOf(directory)).values()) {
      const own = await inside(machine, 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
      expect(text).toContain(own.split(' ')[1]);
    }
  });

  test('recovered, although killed twice on the way: nobody’s request fails, no agent and no container starts anew', async () => {
    let watching = true;
    const failed: string[] = [];
    let asked = 0;
    const ca = readFileSync(join(directory, 'docker/ca.pem'), 'utf8');
    const watch = async (path: string): Promise<void> => {
      for (; watching; asked += 1) {
        const reply = await visit({ address: balancer, domain: 'aipacto.com', path, ca, timeoutMs: 5_000 }).catch(
          String,
        );
        if (typeof reply === 'string' || reply.status !== 200)
          failed.push(`${new Date().toISOString()} ${path} ${typeof reply === 'string' ? reply : reply.status}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    };
    const watchers = ['/', '/api/health'].map(watch);
    await killedOnce(recover, /recover-access cluster\/production: started/, 700);
    await killedOnce(recover, /recover-access cluster\/production: started/, 6_000);
    const ran = await reconcile(directory, recover);
    expect(ran.exitCode, ran.stderr.slice(-4_000)).toBe(0);
    expect(ran.stderr + ran.stdout).toContain('a second look finds nothing left to do');
    watching = false;
    await Promise.all(watchers);
    console.log(`${asked} requests while access was recovered, ${failed.length} failed`);
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(50);
    expect(await running()).toBe(before.running);
    const again = await reconcile(directory, 'production --yes --json');
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: null, outputs: { server_ips: before.ids } });
    for (const command of ['check production', 'plan production'])
      expect((await reconcile(directory, command)).exitCode).toBe(0);
  });

  test('new keys stand in the place of the lost ones, and nothing of the work is left lying about', async () => {
    const { keys } = stateNow();
    expect(keys.recovery).toBeUndefined();
    expect(keys.gossip).toEqual(before.keys.gossip);
    for (const machine of (await machinesOf(directory)).values()) {
      const [allowed, trusted, resets] = await Promise.all([
        inside(machine, 'cut -d " " -f 2 /root/.ssh/authorized_keys'),
        inside(machine, 'cat /etc/consul.d/tls/ca.pem /etc/nomad.d/tls/ca.pem'),
        inside(machine, 'ls -d /var/lib/consul/acl* /var/lib/nomad/server/acl* 2>/dev/null || true'),
      ]);
      const words = [keys.ssh.publicKey, alice.publicKey].map((line: string) => line.split(' ')[1]);
      expect(allowed.split('\n').sort()).toEqual(words.sort());
      expect(trusted.trim()).toBe(`${keys.ca.certificate}${keys.ca.certificate}`.trim());
      expect(resets).toBe('');
      const ask = (token: string) =>
        inside(
          machine,
          `curl -sk -o /dev/null -w '%{http_code}' -H @- https://127.0.0.1:8501/v1/acl/tokens <<<'X-Consul-Token: ${token}'`,
        );
      expect([await ask(keys.consul.management), await ask(before.keys.consul.management)]).toEqual(['200', '403']);
    }
  });

  test('agents that start anew find each other by the new certificates alone', async () => {
    for (const machine of (await machinesOf(directory)).values()) {
      await inside(machine, 'systemctl restart consul nomad');
      const whole = async (): Promise<boolean> => (await reconcile(directory, 'check production')).exitCode === 0;
      for (let look = 0; look < 30 && !(await whole()); look += 1) await new Promise((done) => setTimeout(done, 1_000));
      expect(await whole()).toBe(true);
    }
  });
});
