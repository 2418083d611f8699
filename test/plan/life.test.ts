import { expect, test } from 'vitest';
import { converged, plan, plant, production, pullRequest } from '../support/builders.ts';
import { standing } from '../support/drift.ts';
import { createModelWorld } from '../support/model-world.ts';
import { printPlan } from '../support/print-plan.ts';

test('a first plan of production creates everything, each after what it refers to', () => {
  expect(printPlan(plan(createModelWorld()))).toMatchInlineSnapshot(`
    "create certificate/production
        existence: it does not exist yet
    create cluster/production
        existence: it does not exist yet
    create firewall/production
        existence: it does not exist yet
    create job/server
        existence: it does not exist yet
    create job/web
        existence: it does not exist yet
    create load-balancer/production
        existence: it does not exist yet
    create network/production
        existence: it does not exist yet
    create placement-group/production
        existence: it does not exist yet
    create rrset/aipacto.com/@/A
        existence: it does not exist yet
    create rrset/aipacto.com/@/AAAA
        existence: it does not exist yet
    create server/production-1
        existence: it does not exist yet
    create server/production-2
        existence: it does not exist yet
    create server/production-3
        existence: it does not exist yet
    create zone/aipacto.com
        existence: it does not exist yet
    · create firewall/production
    · create network/production
    · create placement-group/production
    · create zone/aipacto.com
    · create server/production-1 ← create network/production, create firewall/production, create placement-group/production
    · create server/production-2 ← create network/production, create firewall/production, create placement-group/production
    · create server/production-3 ← create network/production, create firewall/production, create placement-group/production
    · create certificate/production ← create zone/aipacto.com
    · attach-network server/production-1 ← create server/production-1
    · attach-network server/production-2 ← create server/production-2
    · attach-network server/production-3 ← create server/production-3
    · create load-balancer/production ← create network/production, create certificate/production
    · power-on server/production-1 ← attach-network server/production-1
    · power-on server/production-2 ← attach-network server/production-2
    · power-on server/production-3 ← attach-network server/production-3
    · attach-network load-balancer/production ← create load-balancer/production
    · await-boot server/production-1 ← power-on server/production-1
    · await-boot server/production-2 ← power-on server/production-2
    · await-boot server/production-3 ← power-on server/production-3
    · add-target load-balancer/production (project=aipacto,environment=production) ← attach-network load-balancer/production
    · await-ready cluster/production ← await-boot server/production-1, await-boot server/production-2, await-boot server/production-3
    · create rrset/aipacto.com/@/A ← create load-balancer/production, create zone/aipacto.com, add-target load-balancer/production (project=aipacto,environment=production)
    · create rrset/aipacto.com/@/AAAA ← create load-balancer/production, create zone/aipacto.com, add-target load-balancer/production (project=aipacto,environment=production)
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    0 kept, €0.00 → €28.50 a month"
  `);
});

test('a second plan changes nothing and has no step', () => {
  const second = plan(standing());
  expect(second.steps).toEqual([]);
  expect(printPlan(second, { keeps: true })).toMatchInlineSnapshot(`
    "keep certificate/production
    keep cluster/production
    keep firewall/production
    keep job/server
    keep job/web
    keep load-balancer/production
    keep network/production
    keep placement-group/production
    keep rrset/aipacto.com/@/A
    keep rrset/aipacto.com/@/AAAA
    keep server/production-1
    keep server/production-2
    keep server/production-3
    keep zone/aipacto.com
    14 kept, €28.50 → €28.50 a month"
  `);
});

test('destroying takes everything of ours, users before what they use', () => {
  const world = standing();
  const destroy = plan(world, { intent: 'destroy' });
  expect(printPlan(destroy)).toMatchInlineSnapshot(`
    "delete certificate/production
        existence: the environment is being destroyed
    delete cluster/production
        servers: it ends with the servers it runs on
    delete firewall/production
        existence: the environment is being destroyed
    delete job/server
        servers: it ends with the servers it runs on
    delete job/web
        servers: it ends with the servers it runs on
    delete load-balancer/production
        existence: the environment is being destroyed
        wipes the public address 203.0.113.9 of aipacto-production
    delete network/production
        existence: the environment is being destroyed
    delete placement-group/production
        existence: the environment is being destroyed
    delete rrset/aipacto.com/@/A
        existence: the environment is being destroyed
    delete rrset/aipacto.com/@/AAAA
        existence: the environment is being destroyed
    delete server/production-1
        existence: the environment is being destroyed
        wipes the disk of aipacto-production-1: Docker images, Nomad and Consul data, logs, and its address 198.51.100.5
    delete server/production-2
        existence: the environment is being destroyed
        wipes the disk of aipacto-production-2: Docker images, Nomad and Consul data, logs, and its address 198.51.100.6
    delete server/production-3
        existence: the environment is being destroyed
        wipes the disk of aipacto-production-3: Docker images, Nomad and Consul data, logs, and its address 198.51.100.7
    delete zone/aipacto.com
        existence: the environment is being destroyed
        wipes the DNS zone aipacto.com with all its records
    · delete rrset/aipacto.com/@/A
    · delete rrset/aipacto.com/@/AAAA
    · delete server/production-1
    · delete server/production-2
    · delete server/production-3
    · delete load-balancer/production ← delete rrset/aipacto.com/@/A, delete rrset/aipacto.com/@/AAAA
    · delete zone/aipacto.com ← delete rrset/aipacto.com/@/A, delete rrset/aipacto.com/@/AAAA
    · forget cluster/production ← delete server/production-1, delete server/production-2, delete server/production-3
    · delete firewall/production ← delete server/production-1, delete server/production-2, delete server/production-3
    · forget job/server ← delete server/production-1, delete server/production-2, delete server/production-3
    · forget job/web ← delete server/production-1, delete server/production-2, delete server/production-3
    · delete placement-group/production ← delete server/production-1, delete server/production-2, delete server/production-3
    · delete certificate/production ← delete load-balancer/production
    · delete network/production ← delete server/production-1, delete server/production-2, delete server/production-3, delete load-balancer/production
    0 kept, €28.50 → €0.00 a month"
  `);
  world.apply(destroy);
  expect(world.items).toEqual([]);
  expect(world.state?.resources).toEqual({});
  expect(plan(world, { intent: 'destroy' }).changes).toEqual([]);
});

test('what is not ours survives a destroy, and what that does to it is said', () => {
  const world = standing();
  const network = world.find('network', 'aipacto-production');
  const foreign = plant(world, {
    kind: 'server',
    name: 'database',
    facts: {
      ...world.find('server', 'aipacto-production-1').facts,
      networks: [{ networkId: network.id, ip: '10.0.1.99' }],
      firewallIds: [],
      placementGroupId: null,
    },
  });
  const destroy = plan(world, { intent: 'destroy' });
  expect(destroy.notices).toEqual([
    'server database is not ours and is in network aipacto-production: Hetzner detaches it when the network goes; the server stays',
  ]);
  world.apply(destroy);
  expect(world.items.map(({ name }) => name)).toEqual([foreign.name]);
});

test('the zone stays while another environment stands, and only the memory of it ends', () => {
  const world = standing();
  world.items.push({
    ...structuredClone(world.find('network', 'aipacto-production')),
    id: '5000',
    name: 'aipacto-pr-9',
    labels: { project: 'aipacto', environment: 'pr-9', 'environment-type': 'pr', address: 'network.pr-9' },
  });
  const destroy = plan(world, { intent: 'destroy' });
  expect(destroy.changes.find(({ kind }) => kind === 'zone')).toMatchObject({
    action: 'forget',
    reasons: [{ because: 'it stays: environment pr-9 still uses it' }],
  });
  world.apply(destroy);
  expect(world.items.map(({ name }) => name)).toEqual(['aipacto.com', 'aipacto-pr-9']);
  expect(plan(world, { intent: 'destroy' }).steps).toEqual([]);
});

test('the zone stays while it holds a record of somebody else; records made by Hetzner do not count', () => {
  const world = standing();
  const zone = world.find('zone', 'aipacto.com');
  const record = (name: string, type: string) =>
    plant(world, {
      kind: 'rrset',
      id: `${zone.id}/${name}/${type}`,
      name: `${name}/${type}`,
      facts: { zone: 'aipacto.com', name, type, ttlSeconds: null, records: ['x'], changeProtection: false },
    });
  record('@', 'NS');
  record('@', 'SOA');
  expect(plan(world, { intent: 'destroy' }).changes.find(({ kind }) => kind === 'zone')?.action).toBe('delete');
  record('@', 'MX');
  expect(plan(world, { intent: 'destroy' }).changes.find(({ kind }) => kind === 'zone')?.reasons[0]?.because).toBe(
    'it stays: it holds the record @/MX, which is not ours',
  );
});

test('a zone that exists is used as it is, and its records in it are ours', () => {
  const world = createModelWorld();
  const zone = plant(world, {
    kind: 'zone',
    name: 'aipacto.com',
    facts: { ttlSeconds: 86400, deleteProtection: true, recordCount: 9 },
  });
  const first = plan(world, { environment: pullRequest(7) });
  world.apply(first);
  expect(first.steps.map(({ id }) => id)).not.toContain('create zone/aipacto.com');
  expect(first.changes.find(({ kind }) => kind === 'zone')).toMatchObject({ action: 'keep' });
  expect(plan(world, { environment: pullRequest(7) }).steps).toEqual([]);
  world.apply(plan(world, { environment: pullRequest(7), intent: 'destroy' }));
  expect(world.items).toEqual([zone]);
});

test('two environments stand beside one another, and one can go without the other noticing', () => {
  const world = converged(pullRequest(7));
  /** Items are the project's; state and cluster are the environment's own. */
  const own = () => structuredClone({ state: world.state, voters: world.voters, nodes: world.nodes, jobs: world.jobs });
  const preview = own();
  Object.assign(world, { state: null, voters: [], nodes: [], jobs: [] });
  const environment = production();
  world.apply(plan(world, { environment }));
  const main = own();
  Object.assign(world, preview);
  expect(plan(world, { environment: pullRequest(7) }).steps).toEqual([]);
  world.apply(plan(world, { environment: pullRequest(7), intent: 'destroy' }));
  expect(world.items.filter(({ labels }) => labels['environment'] === 'pr-7')).toEqual([]);
  Object.assign(world, main);
  expect(plan(world, { environment }).steps).toEqual([]);
});
