import { expect, test } from 'vitest';
import type { Environment } from '../../src/domain/environment.ts';
import type { PlanningOptions } from '../../src/plan/options.ts';
import { catalogue, plan, production, withServers } from '../support/builders.ts';
import { loseServer, standing } from '../support/drift.ts';
import { printPlan } from '../support/print-plan.ts';

/** The plan that follows an edit of infra.yaml, carried out; the one after it has to be empty. */
const edited = (environment: Environment, options: PlanningOptions = {}, world = standing()): string => {
  const change = plan(world, { environment, options });
  world.apply(change);
  const after = plan(world, { environment });
  if (options.only === undefined) expect(printPlan(after, { steps: false })).toMatch(/^\d+ kept/);
  return printPlan(change);
};
const newConsul = production((environment) => ({
  ...environment,
  versions: { ...environment.versions, consul: '1.20.6' },
}));

test('rebuilds servers in place, one after another, when only their cloud-init changed', () => {
  expect(edited(newConsul)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-1 is rebuilt in this plan
        servers: server/production-2 is rebuilt in this plan
        servers: server/production-3 is rebuilt in this plan
    update job/server
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    update job/web
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    rebuild server/production-1
        userData: ee813cba4f623e9c → 030e135c68a9c2f7, cloud-init or a template changed, and it runs on the first boot only
        wipes the disk of aipacto-production-1: Docker images, Nomad and Consul data, logs
    rebuild server/production-2
        userData: 44129d28503bc41b → a37cd1e60b61f6d1, cloud-init or a template changed, and it runs on the first boot only
        wipes the disk of aipacto-production-2: Docker images, Nomad and Consul data, logs
    rebuild server/production-3
        userData: 093b7f7d607979c3 → 0c868a5ed38dfed0, cloud-init or a template changed, and it runs on the first boot only
        wipes the disk of aipacto-production-3: Docker images, Nomad and Consul data, logs
    · rebuild server/production-1
    · set-labels server/production-1 ← rebuild server/production-1
    · await-boot server/production-1 ← set-labels server/production-1
    · await-ready cluster/production (after server/production-1) ← await-boot server/production-1
    · rebuild server/production-2 ← await-ready cluster/production (after server/production-1)
    · set-labels server/production-2 ← rebuild server/production-2
    · await-boot server/production-2 ← set-labels server/production-2
    · await-ready cluster/production (after server/production-2) ← await-boot server/production-2
    · rebuild server/production-3 ← await-ready cluster/production (after server/production-2)
    · set-labels server/production-3 ← rebuild server/production-3
    · await-boot server/production-3 ← set-labels server/production-3
    · await-ready cluster/production ← await-boot server/production-1, await-boot server/production-2, await-boot server/production-3
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    8 kept, €28.50 → €28.50 a month"
  `);
});

test('heals the cluster first when a server is missing and the others are to be rebuilt', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  const { steps } = plan(world, { environment: newConsul });
  expect(steps.find(({ id }) => id === 'rebuild server/production-1')?.dependsOn).toEqual([
    'await-ready cluster/production (before any restart)',
  ]);
  expect(steps.find(({ id }) => id.includes('before any restart'))?.dependsOn).toEqual([
    'await-boot server/production-2',
  ]);
});

test('rebuilds side by side what never formed a cluster: there is no quorum to lose', () => {
  const world = standing();
  world.voters = [];
  world.nodes = [];
  const resources = { ...world.state?.resources };
  delete resources['cluster/production'];
  if (world.state !== null) world.state = { ...world.state, resources };
  const rebuilds = plan(world, { environment: newConsul }).steps.filter(({ id }) => id.startsWith('rebuild'));
  expect(rebuilds.map(({ dependsOn }) => dependsOn)).toEqual([[], [], []]);
});

test('a member that is down anyway is rebuilt before any that is well', () => {
  const world = standing();
  world.voters = world.voters.filter((name) => name !== 'aipacto-production-3');
  const { steps } = plan(world, { environment: newConsul });
  expect(steps.find(({ id }) => id === 'rebuild server/production-3')?.dependsOn).toEqual([]);
  expect(steps.find(({ id }) => id.includes('before any restart'))?.dependsOn).toEqual([
    'await-boot server/production-3',
  ]);
});

test('a rebuild that was done and not yet labelled is not done twice', () => {
  const world = standing();
  const change = plan(world, { environment: newConsul });
  const rebuild = change.steps.find(({ id }) => id === 'rebuild server/production-1');
  if (rebuild === undefined) throw new Error('no rebuild');
  world.perform(rebuild, change);
  const next = plan(world, { environment: newConsul });
  expect(next.changes.find(({ address }) => address === 'server/production-1')).toMatchObject({
    action: 'update',
    reasons: [{ field: 'labels', because: 'the label that names its user data is missing or old' }],
  });
});

test('changes the type of servers whose type left the ladder, with the disk kept', () => {
  expect(edited(production(withServers({ types: ['cpx22'] })))).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-1 restarts in this plan
        servers: server/production-2 restarts in this plan
        servers: server/production-3 restarts in this plan
    update job/server
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    update job/web
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    update server/production-1
        type: cx23 → cpx22, cx23 is not in the ladder of types
    update server/production-2
        type: cx23 → cpx22, cx23 is not in the ladder of types
    update server/production-3
        type: cx23 → cpx22, cx23 is not in the ladder of types
    · power-off server/production-1
    · change-type server/production-1 ← power-off server/production-1
    · power-on server/production-1 ← change-type server/production-1
    · await-boot server/production-1 ← power-on server/production-1
    · await-ready cluster/production (after server/production-1) ← await-boot server/production-1
    · power-off server/production-2 ← await-ready cluster/production (after server/production-1)
    · change-type server/production-2 ← power-off server/production-2
    · power-on server/production-2 ← change-type server/production-2
    · await-boot server/production-2 ← power-on server/production-2
    · await-ready cluster/production (after server/production-2) ← await-boot server/production-2
    · power-off server/production-3 ← await-ready cluster/production (after server/production-2)
    · change-type server/production-3 ← power-off server/production-3
    · power-on server/production-3 ← change-type server/production-3
    · await-boot server/production-3 ← power-on server/production-3
    · await-ready cluster/production ← await-boot server/production-1, await-boot server/production-2, await-boot server/production-3
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    8 kept, €28.50 → €70.50 a month"
  `);
});

test('a server somebody made larger by hand is not wiped to make it small again', () => {
  const world = standing();
  world.find('server', 'aipacto-production-1').facts.type = 'cpx32';
  const small = production(withServers({ types: ['cx23'] }));
  expect(printPlan(plan(world, { environment: small }))).toMatchInlineSnapshot(`
    "blocked server/production-1
        type: cpx32 → cx23, the disk of cx23 is smaller, 40 GB instead of 80 GB, and disks cannot shrink
        next: add cpx32 to servers.types, or let it be wiped: reconcile production --replace server/production-1
    13 kept, €58.50 → €58.50 a month"
  `);
});

test('replaces what cannot move to another location, and says what that wipes', () => {
  const world = standing();
  const moved = production(withServers({ locations: ['hel1'] }));
  expect(edited(moved, {}, world)).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-1 is replaced in this plan
        servers: server/production-2 is replaced in this plan
        servers: server/production-3 is replaced in this plan
    update job/server
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    update job/web
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    replace load-balancer/production
        location: nbg1 → hel1, a load balancer cannot move
        wipes the public address 203.0.113.9 of aipacto-production
    update rrset/aipacto.com/@/A
        records: 203.0.113.9 → (known after load-balancer/production), it differs from infra.yaml
    update rrset/aipacto.com/@/AAAA
        records: 2001:db8::9 → (known after load-balancer/production), it differs from infra.yaml
    replace server/production-1
        location: nbg1 → hel1, a server cannot move
        wipes the disk of aipacto-production-1: Docker images, Nomad and Consul data, logs, and its address 198.51.100.5
    replace server/production-2
        location: nbg1 → hel1, a server cannot move
        wipes the disk of aipacto-production-2: Docker images, Nomad and Consul data, logs, and its address 198.51.100.6
    replace server/production-3
        location: nbg1 → hel1, a server cannot move
        wipes the disk of aipacto-production-3: Docker images, Nomad and Consul data, logs, and its address 198.51.100.7
    · delete load-balancer/production
    · delete server/production-1
    · create load-balancer/production ← delete load-balancer/production
    · create server/production-1 ← delete server/production-1
    · attach-network load-balancer/production ← create load-balancer/production
    · attach-network server/production-1 ← create server/production-1
    · add-target load-balancer/production (project=aipacto,environment=production) ← attach-network load-balancer/production
    · power-on server/production-1 ← attach-network server/production-1
    · set-records rrset/aipacto.com/@/A ← create load-balancer/production, add-target load-balancer/production (project=aipacto,environment=production)
    · set-records rrset/aipacto.com/@/AAAA ← create load-balancer/production, add-target load-balancer/production (project=aipacto,environment=production)
    · await-boot server/production-1 ← power-on server/production-1
    · await-ready cluster/production (after server/production-1) ← await-boot server/production-1
    · delete server/production-2 ← await-ready cluster/production (after server/production-1)
    · create server/production-2 ← delete server/production-2
    · attach-network server/production-2 ← create server/production-2
    · power-on server/production-2 ← attach-network server/production-2
    · await-boot server/production-2 ← power-on server/production-2
    · await-ready cluster/production (after server/production-2) ← await-boot server/production-2
    · delete server/production-3 ← await-ready cluster/production (after server/production-2)
    · create server/production-3 ← delete server/production-3
    · attach-network server/production-3 ← create server/production-3
    · power-on server/production-3 ← attach-network server/production-3
    · await-boot server/production-3 ← power-on server/production-3
    · await-ready cluster/production ← await-boot server/production-1, await-boot server/production-2, await-boot server/production-3
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    5 kept, €28.50 → €28.50 a month"
  `);
  expect(world.items.filter(({ facts }) => facts.location === 'nbg1')).toEqual([]);
});

test('another domain: the old certificate makes room, serves until the new one is there, then goes', () => {
  const world = standing();
  const moved = production((environment) => ({ ...environment, domain: 'www.aipacto.com' }));
  expect(edited(moved, { only: ['certificate/production', 'load-balancer/production'] }, world)).toMatchInlineSnapshot(`
    "replace certificate/production
        domains: aipacto.com → www.aipacto.com, the domains of a certificate are fixed at its creation; the old one serves until the new one is there
    update load-balancer/production
        services: port 443: http.certificates 1008 → port 443: http.certificates (known after certificate/production), it differs from infra.yaml
    · rename certificate/production
    · create certificate/production ← rename certificate/production
    · update-service load-balancer/production (port 443) ← create certificate/production
    · delete certificate/production ← update-service load-balancer/production (port 443)
    * left out by --only: rebuild server/production-1, rebuild server/production-2, rebuild server/production-3, create rrset/aipacto.com/www/A, create rrset/aipacto.com/www/AAAA, delete rrset/aipacto.com/@/A, delete rrset/aipacto.com/@/AAAA, update cluster/production, update job/server, update job/web
    0 kept, €9.00 → €9.00 a month"
  `);
  expect(world.items.filter(({ kind }) => kind === 'certificate').map(({ name }) => name)).toEqual([
    'aipacto-production',
  ]);
});

test('a run killed after the old certificate made room leaves an extra that the next plan removes', () => {
  const moved = production((environment) => ({ ...environment, domain: 'www.aipacto.com' }));
  for (const done of [1, 2, 3]) {
    const world = standing();
    const change = plan(world, {
      environment: moved,
      options: { only: ['certificate/production', 'load-balancer/production'] },
    });
    for (const step of change.steps.slice(0, done)) world.perform(step, change);
    world.apply(plan(world, { environment: moved }));
    expect(
      world.items.filter(({ kind }) => kind === 'certificate').map(({ name, facts }) => [name, facts.domains]),
    ).toEqual([['aipacto-production', ['www.aipacto.com']]]);
    expect(plan(world, { environment: moved }).steps).toEqual([]);
  }
});

test('a rule of the firewall changes in place', () => {
  const environment = production((before) => ({
    ...before,
    firewall: [{ direction: 'in', protocol: 'tcp', port: '22', ips: ['192.0.2.0/24'] }],
  }));
  expect(edited(environment)).toMatchInlineSnapshot(`
    "update firewall/production
        rules: in icmp from 0.0.0.0/0, ::/0 (ping) → (none), infra.yaml does not have this rule
        rules: in tcp 22 from 0.0.0.0/0, ::/0 (SSH) → (none), infra.yaml does not have this rule
        rules: (none) → in tcp 22 from 192.0.2.0/24, it differs from infra.yaml
    · set-rules firewall/production
    13 kept, €28.50 → €28.50 a month"
  `);
});

test('a wider network grows in place; another one is refused while servers use it', () => {
  const range = (value: string) =>
    production((environment) => ({ ...environment, network: { ...environment.network, range: value } }));
  expect(edited(range('10.0.0.0/15'))).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-1 is rebuilt in this plan
        servers: server/production-2 is rebuilt in this plan
        servers: server/production-3 is rebuilt in this plan
    update job/server
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    update job/web
        servers: what runs of it on server/production-1 and 2 more moves in this plan
    update network/production
        range: 10.0.0.0/16 → 10.0.0.0/15, it differs from infra.yaml
    rebuild server/production-1
        userData: ee813cba4f623e9c → d320e78857a79efe, cloud-init or a template changed, and it runs on the first boot only
        wipes the disk of aipacto-production-1: Docker images, Nomad and Consul data, logs
    rebuild server/production-2
        userData: 44129d28503bc41b → 4ed6f989ad3e364a, cloud-init or a template changed, and it runs on the first boot only
        wipes the disk of aipacto-production-2: Docker images, Nomad and Consul data, logs
    rebuild server/production-3
        userData: 093b7f7d607979c3 → adb4571ec314bae3, cloud-init or a template changed, and it runs on the first boot only
        wipes the disk of aipacto-production-3: Docker images, Nomad and Consul data, logs
    · change-ip-range network/production
    · rebuild server/production-1 ← change-ip-range network/production
    · set-labels server/production-1 ← rebuild server/production-1
    · await-boot server/production-1 ← set-labels server/production-1
    · await-ready cluster/production (after server/production-1) ← await-boot server/production-1
    · rebuild server/production-2 ← change-ip-range network/production, await-ready cluster/production (after server/production-1)
    · set-labels server/production-2 ← rebuild server/production-2
    · await-boot server/production-2 ← set-labels server/production-2
    · await-ready cluster/production (after server/production-2) ← await-boot server/production-2
    · rebuild server/production-3 ← change-ip-range network/production, await-ready cluster/production (after server/production-2)
    · set-labels server/production-3 ← rebuild server/production-3
    · await-boot server/production-3 ← set-labels server/production-3
    · await-ready cluster/production ← await-boot server/production-1, await-boot server/production-2, await-boot server/production-3
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    7 kept, €28.50 → €28.50 a month"
  `);
  const blocked = plan(standing(), { environment: range('10.128.0.0/16') }).changes.find(
    ({ kind }) => kind === 'network',
  );
  expect(blocked).toMatchObject({
    action: 'blocked',
    next: 'write range 10.0.0.0/16 again, or destroy the environment and create it anew: 3 servers use this network',
  });
});

test('--replace makes one server anew and leaves the others', () => {
  expect(edited(production(), { replace: ['server/production-2'] })).toMatchInlineSnapshot(`
    "update cluster/production
        servers: server/production-2 is replaced in this plan
    update job/server
        servers: what runs of it on server/production-2 moves in this plan
    update job/web
        servers: what runs of it on server/production-2 moves in this plan
    replace server/production-2
        replace: asked for with --replace
        wipes the disk of aipacto-production-2: Docker images, Nomad and Consul data, logs, and its address 198.51.100.6
    · delete server/production-2
    · create server/production-2 ← delete server/production-2
    · attach-network server/production-2 ← create server/production-2
    · power-on server/production-2 ← attach-network server/production-2
    · await-boot server/production-2 ← power-on server/production-2
    · await-ready cluster/production ← await-boot server/production-2
    · submit job/server ← await-ready cluster/production
    · submit job/web ← await-ready cluster/production
    10 kept, €28.50 → €28.50 a month"
  `);
});

test('--only carries out one address, and says what it leaves out', () => {
  const world = standing();
  world.find('firewall', 'aipacto-production').facts.rules = [];
  world.find('load-balancer', 'aipacto-production').facts.algorithm = 'least_connections';
  expect(edited(production(), { only: ['load-balancer/production'] }, world)).toMatchInlineSnapshot(`
    "update load-balancer/production
        algorithm: least_connections → round_robin, it differs from infra.yaml
    · set-algorithm load-balancer/production
    * left out by --only: update firewall/production
    0 kept, €9.00 → €9.00 a month"
  `);
});

test('an address that nobody knows is a mistake, not a wish', () => {
  expect(() => plan(standing(), { options: { replace: ['server/production-9'] } })).toThrow(
    '--replace server/production-9: there is no such address in production',
  );
});

test('a job taken out of infra.yaml is stopped', () => {
  const environment = production((before) => ({ ...before, jobs: before.jobs.slice(0, 1) }));
  expect(edited(environment)).toMatchInlineSnapshot(`
    "delete job/web
        existence: infra.yaml no longer asks for it
    · stop job/web
    13 kept, €28.50 → €28.50 a month"
  `);
});

test('growing from three servers to five heals first and rebuilds the old ones after', () => {
  const grown = production(withServers({ count: 5 }));
  const world = standing();
  const text = edited(grown, {}, world);
  expect(text).toContain('create server/production-5');
  expect(world.voters).toHaveLength(5);
});

test('shrinking from five to three is done one member at a time', () => {
  const world = standing();
  world.apply(plan(world, { environment: production(withServers({ count: 5 })) }));
  const shrink = plan(world, { environment: production() });
  world.apply(shrink);
  const steps = shrink.steps.map(({ id }) => id);
  expect(steps.indexOf('delete server/production-4')).toBeLessThan(steps.indexOf('delete server/production-5'));
  expect(shrink.steps.find(({ id }) => id === 'delete server/production-5')?.dependsOn).toEqual([
    'await-ready cluster/production (after server/production-4)',
  ]);
  expect(plan(world).steps).toEqual([]);
});

test('without the catalogue the first rung is taken and the plan says that stock was not asked', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  expect(plan(world, { observation: { catalogue: null } }).notices).toEqual([
    'the stock of server types was not asked for this plan; an order may still be refused as sold out',
  ]);
  expect(plan(world, { observation: { catalogue: catalogue() } }).notices).toEqual([]);
});
