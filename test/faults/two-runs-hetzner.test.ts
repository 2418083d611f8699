import { describe, expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { leasesOn } from '../../src/hetzner/lease-holder.ts';
import { createLeaseObjects, type LeaseObjects } from '../../src/hetzner/lease-objects.ts';
import type { ObjectStore, PutOutcome } from '../../src/ports/object-store.ts';
import { ageSealer } from '../support/age.ts';
import { createLab, type Lab, type LabOptions, type Ran, shippedConfig } from '../support/lab.ts';
import { type ContestOptions, type ContestWorld, contest, violations } from '../support/lease-contest.ts';
import { createModelledLeases } from '../support/lease-objects-model.ts';
import { remote } from '../support/lease-world.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/*
 * The contest of two-runs.test.ts over the second holder: leases as objects of the Hetzner project. Every single request
 * can be lost, late, or come between two of another process.
 */
const seeds = Number(process.env['RECONCILE_LEASE_SEEDS'] ?? 300);
const first = Number(process.env['RECONCILE_LEASE_FIRST'] ?? 1);

const overNetwork = (objects: LeaseObjects, { timeline, process, draw, away }: ContestWorld): LeaseObjects => {
  const { call } = remote(timeline, process, draw, { lost: 0.02, replyLost: 0.03, away });
  return {
    list: (environment) => call(() => objects.list(environment)),
    create: (...what) => call(() => objects.create(...what)),
    write: (...what) => call(() => objects.write(...what)),
    remove: (id) => call(() => objects.remove(id)),
  };
};

const run = (seed: number, objects: LeaseObjects, more: Partial<ContestOptions> = {}) =>
  contest({ seed, storeFor: (world) => leasesOn(overNetwork(objects, world)), ...more });

describe('leases as objects of the Hetzner project', () => {
  test(`in ${seeds} seeds exactly one changes anything at a time`, { timeout: 120_000 }, async () => {
    const total = { mutations: 0, holders: 0, refused: 0 };
    for (let seed = first; seed < first + seeds; seed += 1) {
      const ended = await run(seed, createModelledLeases());
      expect(violations(ended), `RECONCILE_LEASE_FIRST=${seed} RECONCILE_LEASE_SEEDS=1`).toEqual([]);
      total.mutations += ended.mutations.length;
      total.holders += ended.acquired.size;
      total.refused += ended.refused;
    }
    if (process.env['RECONCILE_LEASE_SEEDS'] !== undefined) console.log(total);
    expect(total.mutations).toBeGreaterThan(5 * seeds);
    expect(total.holders).toBeGreaterThan(2 * seeds);
    expect(total.refused).toBeGreaterThan(seeds / 10);
  });

  test('on the emulated API too', { timeout: 60_000 }, async () => {
    const clock = { now: () => Date.UTC(2026, 10, 24), sleep: () => new Promise<never>(() => undefined) };
    let mutations = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const emulator = createEmulator({ clock, checkResponses: true });
      const objects = createLeaseObjects({
        fetch: emulator.fetch,
        endpoint: 'http://emulator.invalid/v1',
        token: new Secret(emulator.token),
        clock,
        project: 'aipacto',
      });
      const ended = await run(seed, objects);
      expect(violations(ended), `seed ${seed}`).toEqual([]);
      mutations += ended.mutations.length;
    }
    expect(mutations).toBeGreaterThan(50);
  });
});

/** A bucket that pays no heed to conditions: whoever writes last wins. */
const liar = (): ObjectStore & { readonly documents: Map<string, string> } => {
  const memory = createMemoryStore();
  const write = async (name: string, text: string): Promise<PutOutcome> => {
    memory.documents.set(name, text);
    return { ok: true, etag: (await memory.get(name))?.etag ?? '' };
  };
  return { ...memory, shared: true, putIfAbsent: write, putIfMatch: write };
};

describe('a bucket that lies, with state.s3.lease: hetzner', () => {
  const config = shippedConfig.replace(
    /^state:\n(?: .*\n)+/m,
    'state:\n  backend: s3\n  s3: { region: eu-central-1, bucket: states, lease: hetzner }\n',
  );
  const sealed = makeIdentity().then((identity) => ageSealer([identity], identity));
  const labWith = async (store: ObjectStore, more: Partial<LabOptions> = {}) =>
    createLab({ store, config, sealer: await sealed, ...more });

  test('two runs at once: one works, the other is told, nothing is made twice, and no plan sees the lease', async () => {
    const store = liar();
    let second: Promise<Ran> | undefined;
    const lab: Lab = await labWith(store, {
      wrap: (fetch) => async (request) => {
        if (request.method === 'POST' && request.url.endsWith('/servers'))
          second ??= labWith(store, { over: lab.emulator, seed: 8 }).then((other) => other.run('production --yes'));
        return fetch(request);
      },
    });
    const ran = await lab.run('production --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    const told = await second;
    expect(told?.exitCode).toBe(3);
    expect(told?.stderr).toContain('production is being changed by tester@lab');
    expect((await lab.api('GET', '/servers')).servers).toHaveLength(3);
    expect((await lab.api('GET', '/firewalls')).firewalls.map(({ name }: { name: string }) => name).sort()).toEqual([
      'aipacto-lease-production-1',
      'aipacto-lease-shared-1',
      'aipacto-production',
    ]);
    expect([...store.documents.keys()].filter((name) => name.includes('lease'))).toEqual([]);
    expect((await lab.run('check production')).exitCode).toBe(0);
    expect((await lab.run('list')).stdout).not.toContain('lease');
  });

  test('a saved plan does not become stale because the lease was renewed in between', async () => {
    const store = liar();
    const lab = await labWith(store);
    expect((await lab.run('production --yes --only network/production')).exitCode).toBe(0);
    expect((await lab.run('plan production --only firewall/production --out plan.json')).exitCode).toBe(2);
    expect((await lab.run('staging --yes --only network/staging')).exitCode).toBe(0);
    const ran = await lab.run('apply plan.json --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
  });

  test('a preview leaves no lease behind', async () => {
    const lab = await labWith(liar());
    expect((await lab.run('pr 7 --yes --only network/pr-7')).exitCode).toBe(0);
    expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
    expect((await lab.api('GET', '/firewalls')).firewalls).toEqual([]);
  });
});
