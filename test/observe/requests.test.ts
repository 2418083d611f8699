import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadAssets } from '../../src/compose/assets.ts';
import { environmentFor } from '../../src/config/environment.ts';
import { loadProject } from '../../src/config/project.ts';
import { desiredState } from '../../src/desired/desired.ts';
import type { CloudChange } from '../../src/domain/plan.ts';
import { type AnyResource, type DesiredState, isOfKind } from '../../src/domain/resource.ts';
import { gzipBase64, sha256Hex } from '../../src/local/hash.ts';
import { observe } from '../../src/observe/observe.ts';
import { emulatedCloud } from '../hetzner/emulated.ts';

/** This project's own production, made on the emulated cloud by the adapter alone, in the order of the resources' needs. */
const file = resolve(import.meta.dirname, '../../infra.yaml');
const production = (): DesiredState => {
  const project = loadProject({ text: readFileSync(file, 'utf8'), file, env: {} });
  const environment = environmentFor(project, { type: 'production' });
  return desiredState({
    environment,
    state: null,
    emulated: true,
    assets: loadAssets(file),
    hash: sha256Hex,
    gzip: gzipBase64,
  });
};
type World = ReturnType<typeof emulatedCloud>;

const make = async ({ run, remember, change }: World, resource: AnyResource): Promise<void> => {
  if (isOfKind(resource, 'cluster') || isOfKind(resource, 'namespace') || isOfKind(resource, 'job')) return;
  const placement = { type: 'cpx22', location: 'nbg1' };
  const accepted = await run({
    port: 'cloud',
    op: 'create',
    resource,
    ...(resource.kind === 'server' ? { placement } : {}),
  });
  remember(resource.address, accepted);
  for (const step of following(resource)) await change(resource.kind, resource.address, step);
};
const following = (resource: AnyResource): readonly CloudChange[] => {
  if (isOfKind(resource, 'server'))
    return [{ op: 'attach-network', network: resource.spec.network, ip: resource.spec.privateIp }, { op: 'power-on' }];
  if (!isOfKind(resource, 'load-balancer')) return [];
  const { network, privateIp, targets } = resource.spec;
  return [
    { op: 'attach-network', network, ip: privateIp },
    ...targets.map((target) => ({ op: 'add-target', target }) as const),
  ];
};
const makeAll = async (world: World, { resources }: DesiredState): Promise<void> => {
  const left = [...resources];
  while (left.length > 0) {
    const at = left.findIndex(({ dependsOn }) =>
      dependsOn.every((need) => left.every(({ address }) => address !== need)),
    );
    const [next] = left.splice(Math.max(0, at), 1);
    if (next !== undefined) await make(world, next);
  }
};
const nobody = { observe: async () => ({ reachable: false, because: 'no machines in this test' }) as const };

test('production as it stands is observed with twelve requests; before it exists with two more, for the catalogue', async () => {
  const world = emulatedCloud();
  const desired = production();
  const { cloud, emulator } = world;
  const observing = () => observe({ cloud, operations: nobody, desired, state: null, clock: emulator.clock });
  const before = await observing();
  // No zone yet, so no records to ask for.
  expect(before.requests).toEqual({ read: 13, write: 0 });
  expect(before.catalogue).not.toBeNull();

  await makeAll(world, desired);
  const count = emulator.requests.length;
  const after = await observing();
  expect(after.requests).toEqual({ read: 12, write: 0 });
  expect(
    emulator.requests
      .slice(count)
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  ).toMatchInlineSnapshot(`
    [
      "GET /certificates?per_page=50&sort=id%3Aasc&page=1",
      "GET /firewalls?per_page=50&sort=id%3Aasc&page=1",
      "GET /load_balancers?per_page=50&sort=id%3Aasc&page=1",
      "GET /networks?per_page=50&sort=id%3Aasc&page=1",
      "GET /placement_groups?per_page=50&sort=id%3Aasc&page=1",
      "GET /pricing",
      "GET /primary_ips?per_page=50&sort=id%3Aasc&page=1",
      "GET /servers?per_page=50&sort=id%3Aasc&page=1",
      "GET /ssh_keys?per_page=50&sort=id%3Aasc&page=1",
      "GET /volumes?per_page=50&sort=id%3Aasc&page=1",
      "GET /zones/aipacto.com/rrsets?per_page=100&sort=id%3Aasc&page=1",
      "GET /zones?per_page=50&sort=id%3Aasc&page=1",
    ]
  `);
  expect(after.catalogue).toBeNull();
  expect(Object.values(after.lists).every(({ complete }) => complete)).toBe(true);
  const counts = Object.groupBy(after.items, ({ kind }) => kind);
  expect(
    Object.fromEntries(Object.entries(counts).map(([kind, items]) => [kind, items.length])),
  ).toMatchInlineSnapshot(`
    {
      "certificate": 1,
      "firewall": 1,
      "load-balancer": 1,
      "network": 1,
      "placement-group": 1,
      "primary-ip": 6,
      "rrset": 4,
      "server": 3,
      "zone": 1,
    }
  `);
});
