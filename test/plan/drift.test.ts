import { expect, test } from 'vitest';
import { plan, plant } from '../support/builders.ts';
import { loseMember, loseServer, standing } from '../support/drift.ts';
import type { ModelWorld } from '../support/model-world.ts';
import { printPlan } from '../support/print-plan.ts';

/** Healing has to end: the plan after it is empty. */
const healed = (world: ModelWorld): string => {
  const heal = plan(world);
  world.apply(heal);
  expect(printPlan(plan(world), { steps: false })).toMatch(/^\d+ kept/);
  return printPlan(heal);
};

test('a deleted server, a rule added and a label stripped are healed, and nothing else is touched', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  const firewall = world.find('firewall', 'aipacto-production');
  firewall.facts.rules = [
    ...firewall.facts.rules,
    { direction: 'in', protocol: 'tcp', port: '8080', ips: ['0.0.0.0/0'] },
  ];
  delete world.find('load-balancer', 'aipacto-production').labels['project'];
  expect(healed(world)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-2 is created in this plan
    update firewall/production
        rules: in tcp 8080 from 0.0.0.0/0 → (none), infra.yaml does not have this rule
    update load-balancer/production
        labels: (none) → project=aipacto, its labels were changed; id, name and creation time are those in the state
    create server/production-2
        existence: it is remembered in the state, but was deleted outside of this tool
    · set-rules firewall/production
    · set-labels load-balancer/production
    · create server/production-2 ← set-rules firewall/production
    · attach-network server/production-2 ← create server/production-2
    · power-on server/production-2 ← attach-network server/production-2
    · await-boot server/production-2 ← power-on server/production-2
    · await-ready cluster/production ← await-boot server/production-2
    10 kept, €22.00 → €28.50 a month"
  `);
});

test('all labels stripped: id, name and creation time in the state still make it ours', () => {
  const world = standing();
  world.find('server', 'aipacto-production-1').labels = {};
  expect(healed(world)).toMatchInlineSnapshot(`
    "update server/production-1
        labels: (none) → address=server.production-1, environment-type=production, environment=production, project=aipacto, its labels were changed; id, name and creation time are those in the state
    · set-labels server/production-1
    13 kept, €28.50 → €28.50 a month"
  `);
});

test('a server that was switched off is switched on, and the cluster awaited', () => {
  const world = standing();
  world.find('server', 'aipacto-production-1').facts.status = 'off';
  loseMember(world, 'aipacto-production-1');
  expect(healed(world)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-1 is started in this plan
    update server/production-1
        power: off → running, the server is off
    · power-on server/production-1
    · await-boot server/production-1 ← power-on server/production-1
    · await-ready cluster/production ← await-boot server/production-1
    12 kept, €28.50 → €28.50 a month"
  `);
});

test('a server taken out of its network, firewall and placement group is put back', () => {
  const world = standing();
  Object.assign(world.find('server', 'aipacto-production-3').facts, {
    networks: [],
    firewallIds: [],
    placementGroupId: null,
  });
  expect(healed(world)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-3 restarts in this plan
    update firewall/production
        servers: (none) → aipacto-production-3, server/production-3 is not behind it
    update job/server
        servers: what runs of it on server/production-3 moves in this plan
    update job/web
        servers: what runs of it on server/production-3 moves in this plan
    update server/production-3
        placementGroup: none → aipacto-production, a server changes its placement group only while off
        network: (none) → 10.0.1.13, it is not in its private network
    · apply-firewall firewall/production (server 1007)
    · attach-network server/production-3 ← apply-firewall firewall/production (server 1007)
    · power-off server/production-3 ← attach-network server/production-3
    · add-to-placement-group server/production-3 ← power-off server/production-3
    · power-on server/production-3 ← add-to-placement-group server/production-3
    · await-boot server/production-3 ← power-on server/production-3
    · await-ready cluster/production ← await-boot server/production-3
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    9 kept, €28.50 → €28.50 a month"
  `);
});

test('a renamed server gets its name back', () => {
  const world = standing();
  world.find('server', 'aipacto-production-2').name = 'db';
  expect(plan(world).steps.map(({ id }) => id)).toContain('rename server/production-2');
});

test('a record pointing elsewhere is set back to the load balancer', () => {
  const world = standing();
  world.find('rrset', '@/A').facts.records = ['192.0.2.1'];
  expect(healed(world)).toMatchInlineSnapshot(`
    "update rrset/aipacto.com/@/A
        records: 192.0.2.1 → 203.0.113.9, it differs from infra.yaml
    · set-records rrset/aipacto.com/@/A
    13 kept, €28.50 → €28.50 a month"
  `);
});

test('an extra copy of a server and one that nobody asks for go; the remembered one stays', () => {
  const world = standing();
  const server = world.find('server', 'aipacto-production-2');
  plant(world, {
    ...structuredClone(server),
    id: '7777',
    name: 'aipacto-production-2-copy',
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  plant(world, {
    ...structuredClone(server),
    id: '7778',
    name: 'aipacto-production-4',
    labels: { ...server.labels, address: 'server.production-4' },
  });
  expect(healed(world)).toMatchInlineSnapshot(`
    "delete server/production-2~7777
        existence: extra: another object of ours already stands for this address
        wipes the disk of aipacto-production-2-copy: Docker images, Nomad and Consul data, logs, and its address 198.51.100.6
    delete server/production-4
        existence: infra.yaml no longer asks for it
        wipes the disk of aipacto-production-4: Docker images, Nomad and Consul data, logs, and its address 198.51.100.6
    · delete server/production-2~7777
    · delete server/production-4
    14 kept, €41.50 → €28.50 a month"
  `);
});

test('a job that runs with fewer allocations is awaited, a stopped one submitted, a foreign one refused', () => {
  const world = standing();
  const [server, web] = world.jobs;
  Object.assign(server ?? {}, { healthy: 1 });
  Object.assign(web ?? {}, { status: 'dead', healthy: 0 });
  expect(healed(world)).toMatchInlineSnapshot(`
    "update job/server
        health: 1 → 2, 1 of 2 healthy
    update job/web
        status: dead → running, it was stopped
    · submit job/server
    · submit job/web
    12 kept, €28.50 → €28.50 a month"
  `);
  Object.assign(world.jobs[0] ?? {}, { owner: null });
  expect(printPlan(plan(world))).toMatchInlineSnapshot(`
    "blocked job/server
        owner: (none) → aipacto/production, a job of this name runs that is not ours
        next: reconcile production --adopt job/server
    13 kept, €28.50 → €28.50 a month"
  `);
});

test('a cluster that does not answer is never called unchanged, and its servers are awaited first', () => {
  const world = standing();
  expect(
    printPlan(plan(world, { observation: { cluster: { reachable: false, because: 'timeout after 5 s' } } })),
  ).toMatchInlineSnapshot(`
    "update cluster/production
        reachable: Consul and Nomad do not answer: timeout after 5 s
    update job/server
        reachable: nobody can say how it is: timeout after 5 s
    update job/web
        reachable: nobody can say how it is: timeout after 5 s
    · await-boot server/production-1
    · await-boot server/production-2
    · await-boot server/production-3
    · await-ready cluster/production ← await-boot server/production-1, await-boot server/production-2, await-boot server/production-3
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    11 kept, €28.50 → €28.50 a month"
  `);
});

test('a run killed after ordering a server goes on where it stopped', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  const heal = plan(world);
  const order = heal.steps.find(({ id }) => id === 'create server/production-2');
  if (order === undefined) throw new Error('nothing was ordered');
  world.perform(order, heal);
  expect(healed(world)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-2 is started in this plan
    update server/production-2
        network: (none) → 10.0.1.12, it is not in its private network
        power: off → running, the server is off
    · attach-network server/production-2
    · power-on server/production-2 ← attach-network server/production-2
    · await-boot server/production-2 ← power-on server/production-2
    · await-ready cluster/production ← await-boot server/production-2
    12 kept, €28.50 → €28.50 a month"
  `);
});

test('a reply that was lost after the order is an adoption, never a second order', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  const before = world.state;
  const heal = plan(world);
  const order = heal.steps.find(({ id }) => id === 'create server/production-2');
  if (order === undefined) throw new Error('nothing was ordered');
  world.perform(order, heal);
  world.state = before;
  expect(healed(world)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-2 is started in this plan
    update server/production-2
        state: id 1006 → id 1010, it carries our labels, but the state does not know it
        network: (none) → 10.0.1.12, it is not in its private network
        power: off → running, the server is off
    · adopt server/production-2
    · attach-network server/production-2 ← adopt server/production-2
    · power-on server/production-2 ← attach-network server/production-2
    · await-boot server/production-2 ← power-on server/production-2
    · await-ready cluster/production ← await-boot server/production-2
    12 kept, €28.50 → €28.50 a month"
  `);
});

test('with the state lost everything is adopted and nothing made anew', () => {
  const world = standing();
  world.state = null;
  const adopt = plan(world);
  // Waiting for the cluster sets up what a killed run left half done; nothing is ordered or changed at Hetzner.
  expect(adopt.steps.every(({ effect }) => effect.port === 'state' || effect.port === 'cluster')).toBe(true);
  expect(healed(world)).toMatchInlineSnapshot(`
    "adopt certificate/production
        state: (none) → id 1008, it carries our labels, but the state does not know it
    adopt cluster/production
        state: it has formed, but the state does not know it
    adopt firewall/production
        state: (none) → id 1001, it carries our labels, but the state does not know it
    adopt job/server
        state: its meta names this environment, but the state does not know it
    adopt job/web
        state: its meta names this environment, but the state does not know it
    adopt load-balancer/production
        state: (none) → id 1009, it carries our labels, but the state does not know it
    adopt network/production
        state: (none) → id 1002, it carries our labels, but the state does not know it
    adopt placement-group/production
        state: (none) → id 1003, it carries our labels, but the state does not know it
    adopt rrset/aipacto.com/@/A
        state: (none) → id 1004/@/A, it carries our labels, but the state does not know it
    adopt rrset/aipacto.com/@/AAAA
        state: (none) → id 1004/@/AAAA, it carries our labels, but the state does not know it
    adopt server/production-1
        state: (none) → id 1005, it carries our labels, but the state does not know it
    adopt server/production-2
        state: (none) → id 1006, it carries our labels, but the state does not know it
    adopt server/production-3
        state: (none) → id 1007, it carries our labels, but the state does not know it
    · adopt certificate/production
    · adopt firewall/production
    · adopt load-balancer/production
    · adopt network/production
    · adopt placement-group/production
    · adopt rrset/aipacto.com/@/A
    · adopt rrset/aipacto.com/@/AAAA
    · adopt server/production-1
    · adopt server/production-2
    · adopt server/production-3
    · await-ready cluster/production ← adopt server/production-1, adopt server/production-2, adopt server/production-3
    · adopt cluster/production ← await-ready cluster/production, adopt server/production-1, adopt server/production-2, adopt server/production-3
    · adopt job/server ← adopt cluster/production
    · adopt job/web ← adopt cluster/production
    * there is no state, although 13 things carry our labels: if it was lost, bring it back with its secrets first: reconcile state rebuild production
    1 kept, €28.50 → €28.50 a month"
  `);
});
