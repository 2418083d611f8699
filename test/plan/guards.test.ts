import { expect, test } from 'vitest';
import { catalogue, converged, plan, plant, production, pullRequest, withServers } from '../support/builders.ts';
import { loseServer, standing } from '../support/drift.ts';
import { createModelWorld } from '../support/model-world.ts';
import { printPlan } from '../support/print-plan.ts';

const guarded = production((environment) => ({ ...environment, protected: true }));
const blocked = (text: ReturnType<typeof plan>) =>
  text.changes.filter(({ action }) => action === 'blocked').map(({ address }) => address);

test('a protected environment is not destroyed; the way out is an edit, a converge and a destroy', () => {
  const world = converged(guarded);
  const refused = plan(world, { environment: guarded, intent: 'destroy' });
  expect(refused.steps).toEqual([]);
  expect(refused.changes.find(({ kind }) => kind === 'network')).toMatchObject({
    action: 'blocked',
    next: 'write protected: false at infra.yaml:53:16 (environments.production.protected), then run: reconcile production',
  });
  const tooEarly = plan(world, { intent: 'destroy' });
  expect(tooEarly.steps).toEqual([]);
  expect(tooEarly.changes.find(({ address }) => address === 'server/production-1')?.next).toContain(
    'reconcile production lifts it',
  );
  const lift = plan(world);
  expect(lift.steps.every(({ id }) => id.startsWith('set-protection'))).toBe(true);
  world.apply(lift);
  world.apply(plan(world, { intent: 'destroy' }));
  expect(world.items).toEqual([]);
});

test('a protected server is not replaced, but a planned rebuild lifts the protection for its duration', () => {
  const world = converged(guarded);
  expect(blocked(plan(world, { environment: guarded, options: { replace: ['server/production-1'] } }))).toEqual([
    'server/production-1',
  ]);
  const rebuild = production((environment) => ({
    ...environment,
    protected: true,
    versions: { ...environment.versions, consul: '1.20.6' },
  }));
  const { steps } = plan(world, { environment: rebuild });
  expect(steps.filter(({ address }) => address === 'server/production-1').map(({ id }) => id)).toEqual([
    'set-protection server/production-1 (off)',
    'rebuild server/production-1',
    'set-labels server/production-1',
    'set-protection server/production-1 (on)',
    'await-boot server/production-1',
  ]);
});

test('a preview beyond the cap is refused and says who holds the places; one that has its place goes on', () => {
  const world = createModelWorld();
  for (let number = 1; number <= 15; number += 1)
    plant(world, {
      kind: 'firewall',
      name: `aipacto-pr-${number}`,
      facts: { rules: [], serverIds: [], labelSelectors: [] },
      labels: {
        project: 'aipacto',
        environment: `pr-${number}`,
        'environment-type': 'pr',
        address: `firewall.pr-${number}`,
      },
    });
  const refused = plan(world, { environment: pullRequest(77) });
  expect(refused.steps).toEqual([]);
  expect(refused.changes.find(({ kind }) => kind === 'server')?.reasons.at(-1)?.because).toBe(
    'all 15 places of pull request environments are taken: pr-1, pr-2, pr-3, pr-4, pr-5, pr-6, pr-7, pr-8, pr-9, pr-10, pr-11, pr-12, pr-13, pr-14, pr-15',
  );
  world.items.pop();
  const granted = plan(world, { environment: pullRequest(77) });
  expect(blocked(granted)).toEqual([]);
  world.apply(granted);
  world.items.push(
    structuredClone({
      ...world.items[0],
      id: '8888',
      name: 'x',
      labels: { project: 'aipacto', environment: 'pr-99', 'environment-type': 'pr', address: 'firewall.pr-99' },
    }) as never,
  );
  expect(blocked(plan(world, { environment: pullRequest(77) }))).toEqual([]);
});

test('a majority of members never leaves at once, and what remains is not rebuilt into a cluster of its own', () => {
  expect(printPlan(plan(standing(), { environment: production(withServers({ count: 1 })) }))).toMatchInlineSnapshot(`
    "blocked placement-group/production
        existence: infra.yaml no longer asks for it
        used: server/production-1 uses it and is blocked
        next: a cluster cannot shrink to one server: reconcile destroy production, then reconcile production
    blocked server/production-1
        userData: ee813cba4f623e9c → 80a20154b2611745, cloud-init or a template changed, and it runs on the first boot only
        placementGroup: aipacto-production → none, a server changes its placement group only while off
        quorum: 2 of 3 members would leave at once, and 2 must stay for a quorum
        next: a cluster cannot shrink to one server: reconcile destroy production, then reconcile production
    blocked server/production-2
        existence: infra.yaml no longer asks for it
        quorum: 2 of 3 members would leave at once, and 2 must stay for a quorum
        next: a cluster cannot shrink to one server: reconcile destroy production, then reconcile production
    blocked server/production-3
        existence: infra.yaml no longer asks for it
        quorum: 2 of 3 members would leave at once, and 2 must stay for a quorum
        next: a cluster cannot shrink to one server: reconcile destroy production, then reconcile production
    * cluster/production has voters that infra.yaml does not name: aipacto-production-2, aipacto-production-3
    10 kept, €28.50 → €28.50 a month"
  `);
});

test('a healthy member is not rebuilt while another is missing and cannot be had', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  const environment = production((before) => ({ ...before, versions: { ...before.versions, consul: '1.20.6' } }));
  const soldOut = catalogue(['cx23', 'cpx22', 'cx33', 'cpx32']);
  const refused = plan(world, { environment, observation: { catalogue: soldOut } });
  expect(refused.steps.filter(({ id }) => id.startsWith('rebuild'))).toEqual([]);
  expect(refused.changes.find(({ address }) => address === 'server/production-1')?.reasons.at(-1)?.because).toBe(
    'server/production-2 is missing: with one more server down there is no quorum',
  );
});

test('jobs are still deployed while one server of three cannot be had', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  const environment = production((before) => ({
    ...before,
    jobs: before.jobs.map((job) => ({ ...job, image: `${job.image.split(':')[0]}:2.0` })),
  }));
  const made = plan(world, { environment, observation: { catalogue: catalogue(['cx23', 'cpx22', 'cx33', 'cpx32']) } });
  expect(made.steps.map(({ id }) => id)).toEqual(['submit job/server', 'submit job/web']);
});

test('more servers than a placement group holds are refused while planning', () => {
  const made = plan(createModelWorld(), { environment: production(withServers({ count: 11 })) });
  expect(blocked(made)).toContain('server/production-11');
  expect(blocked(made)).not.toContain('server/production-10');
});

test('an SSH key that the project does not have is named with the command that makes it', () => {
  const environment = production((before) => ({ ...before, sshKeys: ['alice'] }));
  const world = createModelWorld();
  const refused = plan(world, { environment });
  expect(refused.changes.find(({ address }) => address === 'ssh-key/alice')).toMatchObject({
    action: 'blocked',
    next: 'hcloud ssh-key create --name alice --public-key-from-file ~/.ssh/id_ed25519.pub',
  });
  expect(blocked(refused)).toContain('server/production-1');
  plant(world, { kind: 'ssh-key', name: 'alice', facts: { publicKey: 'ssh-ed25519 AAAA', fingerprint: 'ff' } });
  const granted = plan(world, { environment });
  expect(blocked(granted)).toEqual([]);
  world.apply(granted);
  expect(plan(world, { environment }).steps).toEqual([]);
});

test('a firewall that a foreign server uses cannot go, and the rest goes', () => {
  const world = standing();
  const firewall = world.find('firewall', 'aipacto-production');
  plant(world, {
    kind: 'server',
    name: 'db',
    facts: {
      ...structuredClone(world.find('server', 'aipacto-production-1').facts),
      networks: [],
      placementGroupId: null,
      firewallIds: [firewall.id],
    },
  });
  const destroy = plan(world, { intent: 'destroy' });
  expect(destroy.changes.filter(({ action }) => action === 'blocked')).toMatchObject([
    {
      address: 'firewall/production',
      next: 'hcloud firewall remove-from-resource aipacto-production --type server --server db',
    },
  ]);
});
