import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeSshKey } from '../../src/cluster/keys/ssh-keys.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createLab, type Document, type Lab, shippedConfig } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/* Every copy of the keys is gone; the servers run, and a human's SSH key stands in root's authorized_keys. */
const folder = mkdtempSync(join(tmpdir(), 'lost-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keyFile = (name: string): { readonly path: string; readonly publicKey: string } => {
  const { privateKey, publicKey } = makeSshKey(name);
  const path = join(folder, name);
  writeFileSync(path, privateKey.reveal(), { mode: 0o600 });
  return { path, publicKey };
};
const alice = keyFile('alice');
const config = shippedConfig.replace(/^ssh_keys: \[\].*$/m, 'ssh_keys: [alice]');
const recover = `production --recover-access --ssh-identity ${alice.path} --yes`;

/** Production as it runs, with the state, its copy of the keys and all earlier versions deleted. */
const lostWorld = async (store = createMemoryStore()) => {
  const lab = createLab({ config, store });
  await lab.api('POST', '/ssh_keys', { name: 'alice', public_key: alice.publicKey });
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  const before = { seen: await cloudOf(lab), keys: keysIn(store) };
  for (const key of store.documents.keys()) if (key.startsWith('production.')) store.documents.delete(key);
  return { lab, store, before };
};

/** The same world again, as often as it is needed: made once, then read from its snapshot. */
const base = lostWorld();
const sameWorld = async () => {
  const { lab, store: documents, before } = await base;
  const store = createMemoryStore();
  for (const [key, text] of documents.documents) store.documents.set(key, text);
  const clock = createVirtualClock(lab.emulator.clock.now());
  const world = lab.emulator.world.snapshot();
  const emulator = createEmulator({ machines: createMachineModels, world, clock });
  return { emulator, store, before };
};

const cloudOf = async (lab: Lab): Promise<Document> => {
  const { servers } = await lab.api('GET', '/servers');
  const machines = lab.emulator.world.state.machines as Document;
  const [cluster] = Object.values(machines.clusters) as Document[];
  return {
    servers: servers.map(({ id, name }: Document) => `${name} ${id}`).sort(),
    allocations: cluster.allocations.map(({ id, ended }: Document) => `${id} ${ended}`).sort(),
    jobs: cluster.jobs.map(({ id, versions }: Document) => `${id} ${versions.length}`),
    // What containers know: only a redeployment would change it.
    variables: cluster.variables.map(({ Path, ModifyIndex }: Document) => `${Path} ${ModifyIndex}`),
  };
};
const keysIn = (store: ReturnType<typeof createMemoryStore>): Document =>
  JSON.parse(store.documents.get('production.json') ?? '{}').keys;
const plainText = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('blocked until somebody asks for it, and then told in full before anything is done', async () => {
  const { lab } = await lostWorld();
  const blocked = await lab.run('plan production');
  expect(plainText(blocked.stdout)).toContain(
    'next: put the state or its copy of the keys back; or log in with a key of ssh_keys and make new ones: reconcile production --recover-access or begin anew with new disks: reconcile production --replace server/production-1',
  );
  expect((await lab.run('production --yes')).exitCode).toBe(4);
  const { stdout, exitCode } = await lab.run(`plan production --recover-access --ssh-identity ${alice.path}`);
  expect(exitCode).toBe(2);
  for (const words of [
    /login: root at aipacto-production-1, .* with the key SHA256:\S+ \(alice\) in /,
    /host keys: nothing is left to compare/,
    /read back: gossip keys, the tokens of Consul's agents/,
    /made anew: our SSH key in root's authorized_keys .* certificate authority .* by a reset of their access control/,
    /interruption: none is expected/,
  ])
    expect(plainText(stdout)).toMatch(words);
  expect(stdout).not.toContain('create');
});

test('recovered: the same servers, allocations and secrets, new keys, and nothing left to do', async () => {
  const { lab, store, before } = await lostWorld();
  const ran = await lab.run(recover);
  expect(ran.stderr + ran.stdout).toContain('a second look finds nothing left to do');
  expect(ran.exitCode).toBe(0);
  expect(await cloudOf(lab)).toEqual(before.seen);
  const keys = keysIn(store);
  expect(keys.recovery).toBeUndefined();
  expect(keys.gossip).toEqual(before.keys.gossip);
  const changed = Object.keys(keys.consul).filter((name) => keys.consul[name] !== before.keys.consul[name]);
  expect(changed.sort()).toEqual(['management', 'provisioner']);
  expect(keys.nomad.management).not.toBe(before.keys.nomad.management);
  expect(keys.ca.certificate).not.toBe(before.keys.ca.certificate);
  expect(store.documents.has('production.keys.json')).toBe(true);
  for (const command of ['check production', 'plan production']) expect((await lab.run(command)).exitCode).toBe(0);
  const state = JSON.stringify(lab.emulator.world.state.machines);
  for (const lost of [before.keys.consul.management, before.keys.consul.provisioner, before.keys.nomad.deployer])
    expect(state).not.toContain(lost);
});

test('a key that no server takes changes nothing, and says which', async () => {
  const { lab } = await lostWorld();
  const mallory = keyFile('mallory');
  const { stdout, exitCode } = await lab.run(`production --recover-access --ssh-identity ${mallory.path} --yes`);
  expect(exitCode).toBe(4);
  expect(plainText(stdout)).toMatch(/login: aipacto-production-1: .*the login was refused/);
  for (const [identity, words] of [
    ['/nowhere', "can't read the SSH key /nowhere: ENOENT"],
    [join(folder, 'alice.pub'), 'is no private SSH key'],
  ] as const) {
    writeFileSync(join(folder, 'alice.pub'), alice.publicKey);
    const ran = await lab.run(`plan production --recover-access --ssh-identity ${identity}`);
    expect([ran.exitCode, plainText(ran.stderr)]).toEqual([1, expect.stringContaining(words)]);
  }
  const alone = await lab.run('plan production --recover-access');
  expect(plainText(alone.stderr)).toContain('there is no SSH agent to log in with: SSH_AUTH_SOCK is not set');
  expect((await lab.run('plan production --ssh-identity FILE')).exitCode).toBe(64);
});

test('a server that is off holds everything back', async () => {
  const { lab } = await lostWorld();
  const { servers } = await lab.api('GET', '/servers');
  const second = servers.find(({ name }: Document) => name === 'aipacto-production-2');
  await lab.api('POST', `/servers/${second.id}/actions/poweroff`);
  await lab.emulator.clock.sleep(60_000);
  const { stdout, exitCode } = await lab.run(recover);
  expect(exitCode).toBe(4);
  expect(plainText(stdout)).toContain('login: server/production-2 does not run: switch it on first');
});

/** A process that is killed at its nth write, of whatever kind: then neither store nor machines hear from it again. */
const mortal = (inner: ObjectStore) => {
  const life = { writes: 0, diesAt: Number.POSITIVE_INFINITY, after: false };
  const dead = (): boolean => life.writes > life.diesAt || (life.writes === life.diesAt && life.after);
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    life.writes += 1;
    if (life.writes > life.diesAt || (life.writes === life.diesAt && !life.after)) throw new Error('killed');
    const result = await work();
    if (life.writes >= life.diesAt) throw new Error('killed');
    return result;
  };
  const read = <T>(work: () => Promise<T>): Promise<T> => {
    if (dead()) throw new Error('killed');
    return work();
  };
  const store: ObjectStore = {
    ...inner,
    get: async (key) => read(() => inner.get(key)),
    putIfAbsent: async (key, text) => write(() => inner.putIfAbsent(key, text)),
    putIfMatch: async (key, text, etag) => write(() => inner.putIfMatch(key, text, etag)),
    delete: async (key) => write(() => inner.delete(key)),
    list: async () => read(() => inner.list()),
  };
  const wrap = (fetch: (request: Request) => Promise<Response>) => async (request: Request) =>
    request.method === 'GET' ? read(() => fetch(request)) : write(() => fetch(request));
  return { store, wrap, life };
};

/** The world as a killed run left it, past the life of its lease. */
const killedAt = async (at: number, after: boolean) => {
  const { emulator, store, before } = await sameWorld();
  const { store: mortalStore, wrap, life } = mortal(store);
  Object.assign(life, { diesAt: at, after });
  const victim = await createLab({ config, store: mortalStore, over: emulator, wrap, seed: 9 }).run(recover);
  await emulator.clock.sleep(120_000);
  return {
    heir: createLab({ config, store, over: emulator, seed: 11 }),
    store,
    before,
    victim,
    writes: life.writes,
  };
};

/** All of them take half a minute; the default run looks at some, and at others each time the code grows. */
const stride = process.env['EVERY_WRITE'] === undefined ? 5 : 1;

test('killed at any write, the same command ends it, with the same servers and allocations', async () => {
  const { victim: whole, writes } = await killedAt(Number.POSITIVE_INFINITY, false);
  expect([whole.exitCode, writes > 20]).toEqual([0, true]);
  for (let at = 1 + (writes % stride); at <= writes; at += stride) {
    const { heir, store, before, victim } = await killedAt(at, at % 2 === 0);
    // Which writes go together depends on load, so runs differ in their number; the last ones only give leases back.
    if (!store.documents.get('production.json')?.includes('"endedAt"')) expect([at, victim.exitCode]).toEqual([at, 1]);
    const ran = await heir.run(recover);
    expect([at, ran.exitCode, ran.exitCode === 0 ? '' : ran.stdout + ran.stderr]).toEqual([at, 0, '']);
    expect([at, (await heir.run('check production')).exitCode]).toEqual([at, 0]);
    expect([at, await cloudOf(heir)]).toEqual([at, before.seen]);
    expect(keysIn(store).recovery).toBeUndefined();
  }
}, 120_000);

test('killed while new keys are not everywhere: the plan says so, and once ours opens all doors no human is needed', async () => {
  const told: string[] = [];
  // Before and after each write: which writes go together depends on what happens to meet.
  for (let nth = 2; told.at(-1) !== 'goes on by itself'; nth += 1) {
    const { heir, store, before } = await killedAt(Math.floor(nth / 2), nth % 2 === 1);
    if (keysIn(store)?.recovery === undefined) continue;
    const plan = await heir.run('plan production');
    expect(plan.exitCode).toBe(2);
    const text = plainText(plan.stdout);
    if (text.includes('and a run that made new ones did not end next: log in with a key of ssh_keys')) {
      told.push('asks for a human');
      continue;
    }
    expect(text).toContain('with our own new key, which a run before this one put there');
    told.push('goes on by itself');
    expect((await heir.run('production --yes')).exitCode).toBe(0);
    expect(await cloudOf(heir)).toEqual(before.seen);
    expect(keysIn(store).recovery).toBeUndefined();
  }
  expect(new Set(told)).toEqual(new Set(['asks for a human', 'goes on by itself']));
});

test('a state that was rebuilt without keys is no hindrance', async () => {
  const { emulator, store, before } = await sameWorld();
  const lab = createLab({ config, store, over: emulator, seed: 5 });
  const rebuilt = await lab.run('state rebuild production --yes');
  expect([rebuilt.exitCode, plainText(rebuilt.stdout)]).toEqual([0, expect.stringContaining('--recover-access')]);
  expect((await lab.run(recover)).exitCode).toBe(0);
  expect((await lab.run('check production')).exitCode).toBe(0);
  expect(await cloudOf(lab)).toEqual(before.seen);
});

test('one thing at a time: servers that would be rebuilt wait for the run after, which is told', async () => {
  const { emulator, store, before } = await sameWorld();
  const changed = config.replace('image: debian-12', 'image: ubuntu-24.04');
  const lab = createLab({ config: changed, store, over: emulator, seed: 5 });
  const plan = await lab.run(`plan production --recover-access --ssh-identity ${alice.path}`);
  expect(plainText(plan.stdout)).toContain(
    'rebuild server/production-1 waits until access is recovered: run reconcile production again',
  );
  const ran = await lab.run(recover);
  expect([ran.exitCode, plainText(ran.stderr + ran.stdout)]).toEqual([
    1,
    expect.stringMatching(/a second look still finds something to do: .*rebuild server\/production-1/),
  ]);
  expect(await cloudOf(lab)).toEqual(before.seen);
});
