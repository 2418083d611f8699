import { afterEach, describe, expect, test } from 'vitest';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import { createClusterOperations } from '../../src/cluster/operations.ts';
import { missing } from '../../src/cluster/ready.ts';
import { connectWith } from '../../src/compose/connect.ts';
import type { ClusterKeys } from '../../src/domain/cluster-keys.ts';
import { Failure } from '../../src/domain/errors.ts';
import type { Resource } from '../../src/domain/resource.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { KeyRing } from '../../src/ports/key-ring.ts';
import type { TimedPart } from '../../src/ports/machines.ts';
import { createPeers, noPeers, type Peers } from '../cluster/peers.ts';
import { spec } from '../contract/recording/job.ts';

/*
 * Real Consul and Nomad servers, formed by the product's own operations out of what we render and deliver. The machines
 * around them (systemd, SSH, Docker) are the machines' suite's; here they are processes.
 */
const given = { clock: systemClock, random: systemRandom };

const ringOf = (keys: ClusterKeys): KeyRing => {
  let held = keys;
  return {
    current: () => held,
    update: async (change) => {
      held = change(held);
      return held;
    },
  };
};

const open: Peers[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((peers) => peers.end()));
}, 30_000);

const stage = async (count: 1 | 3, subnet: string) => {
  const environment = count === 3 ? 'production' : 'staging';
  const keys = await makeClusterKeys({ name: environment, ...given });
  const peers = createPeers(count, subnet, keys);
  open.push(peers);
  const keyRing = ringOf(keys);
  const connect = connectWith(keyRing);
  const jwksUrl = `https://${peers.targets[0]?.privateIp}:4646/.well-known/jwks.json`;
  const { machines } = peers;
  const operations = createClusterOperations({ environment, machines, keyRing, connect, jwksUrl, ...given });
  const timed: TimedPart[] = [];
  const said: string[] = [];
  const waiting = {
    progress: (detail: string) => void said.push(detail),
    timed: (part: TimedPart) => void timed.push(part),
    signal: new AbortController().signal,
    servers: peers.targets,
  };
  const cluster: Resource<'cluster'> = {
    kind: 'cluster',
    address: `cluster/${environment}`,
    name: environment,
    labels: { project: 'aipacto', environment },
    spec: {
      servers: peers.targets.map(({ name, privateIp }, index) => ({
        address: `server/${environment}-${index + 1}`,
        name,
        privateIp,
      })),
      nomadVersion: '1.9.7',
      consulVersion: '1.20.1',
    },
    dependsOn: [],
    fingerprint: 'cluster',
    scope: 'environment',
  };
  const through = (index = 0) => {
    const target = peers.targets[index];
    if (target === undefined) throw new Error(`there is no server ${index}`);
    return { target, connection: connect(target, machines), fetch: machines.fetchThrough(target) };
  };
  const boot = () => Promise.all(peers.targets.map((target) => operations.awaitBoot(target, waiting)));
  return { peers, operations, keyRing, waiting, timed, said, cluster, boot, through };
};
const isWrite = (call: string): boolean => !call.startsWith('GET ');

describe.skipIf(noPeers !== undefined)(
  `real Consul and Nomad${noPeers === undefined ? '' : ` (skipped: ${noPeers})`}`,
  () => {
    test('three servers form from what we render and deliver; strangers are refused; doing it again writes nothing; a dead one is named', async () => {
      const { peers, operations, keyRing, waiting, timed, cluster, boot, through } = await stage(3, '127.77.3');
      await boot();
      await operations.awaitReady(cluster, waiting);
      expect(timed.map(({ what }) => what)).toEqual([
        ...Array(3).fill('bootstrap: services'),
        'Consul has a leader',
        'Consul access control',
        'Nomad has a leader',
        'Nomad access control',
        'workload identity',
        'voters and nodes',
        'jobs settled',
        'strangers refused',
      ]);
      expect(keyRing.current()?.nomad.deployer).not.toBeNull();

      // By anyone's own means: no token, and no certificate needed for it.
      const { target, fetch } = through(1);
      const ask = async (port: number, path: string) =>
        (await fetch(new Request(`https://${target.privateIp}:${port}${path}`))).status;
      expect(await ask(4646, '/v1/nodes')).toBe(403);
      expect(await ask(4646, '/v1/jobs')).toBe(403);
      expect(await ask(8501, '/v1/operator/autopilot/health')).toBe(403);
      expect(await ask(8501, '/v1/agent/self')).toBe(403);

      peers.sent.length = 0;
      await operations.awaitReady(cluster, waiting);
      expect(peers.sent.filter(isWrite)).toEqual([]);
      peers.sent.length = 0;
      const seen = await operations.observe(peers.targets);
      expect(seen).toMatchObject({ reachable: true, consul: { version: '1.20.2' }, nomad: { version: '1.9.7' } });
      expect(peers.sent.filter(isWrite)).toEqual([]);

      const victim = peers.targets[2];
      if (victim === undefined) throw new Error('no third server');
      await peers.kill(victim.name);
      const lacks = async (): Promise<readonly string[]> => {
        const facts = await operations.observe(peers.targets);
        return facts.reachable ? missing(cluster.spec, facts) : [facts.because];
      };
      // Which of its halves is missed first depends on who led: each system has its own way of noticing.
      await expect
        .poll(async () => (await lacks()).join('; '), { timeout: 40_000, interval: 250 })
        .toMatch(new RegExp(`(?:Consul|Nomad) lacks the healthy voter ${victim.name}`));
    }, 90_000);

    test('one server is a cluster too; a job’s service and its template get in by the job’s own identity', async () => {
      const { peers, operations, keyRing, waiting, cluster, boot, through } = await stage(1, '127.77.1');
      await boot();
      await operations.awaitReady(cluster, waiting);
      const { connection } = through();
      const job = {
        jobId: 'web',
        hcl: spec,
        variables: { port_label: 'http' },
        count: 2,
        healthPath: '/',
        secrets: [],
      };
      const { version } = await connection.scheduler.submit(job, {
        fingerprint: 'one',
        owner: 'aipacto/staging',
      });
      await expect
        .poll(() => connection.scheduler.health('web', version), { timeout: 20_000 })
        .toMatchObject({ state: 'healthy' });
      await expect.poll(() => connection.catalog.passing('web'), { timeout: 10_000 }).toBe(2);
      await connection.scheduler.stop('web');

      // Lost before it could be kept: the same token is found again rather than a second one made.
      const deployer = keyRing.current()?.nomad.deployer;
      expect((await connection.schedulerAccess.deployer(null)).reveal()).toBe(deployer?.reveal());

      // No log of theirs holds a secret of ours.
      const keys = keyRing.current();
      const [target] = peers.targets;
      if (keys === null || target === undefined) throw new Error('no keys');
      for (const unit of ['consul', 'nomad']) {
        const log = await peers.machines.logTail(target, unit, 100_000);
        expect(log.length).toBeGreaterThan(1_000);
        for (const secret of [
          ...Object.values(keys.consul),
          keys.nomad.management,
          keys.nomad.deployer,
          ...Object.values(keys.gossip),
        ])
          expect(log.includes(secret?.reveal() ?? '?')).toBe(false);
      }
    }, 60_000);

    test('access control that somebody else set up is told as such, with the way out, and not waited for', async () => {
      const { peers, operations, keyRing, waiting, cluster, boot, through } = await stage(1, '127.77.2');
      await boot();
      const { target, connection, fetch } = through();
      await expect.poll(() => connection.catalog.leader().catch(() => null), { timeout: 15_000 }).not.toBeNull();
      const body = JSON.stringify({ BootstrapSecret: '11111111-2222-4333-8444-555555555555' });
      const url = `https://${target.privateIp}:8501/v1/acl/bootstrap`;
      expect((await fetch(new Request(url, { method: 'PUT', body }))).status).toBe(200);
      const error: unknown = await operations.awaitReady(cluster, waiting).catch((caught: unknown) => caught);
      if (!(error instanceof Failure)) throw new Error('it was waited for');
      expect(error.message).toContain(
        "Consul's access control was set up with a management token that our state does not hold",
      );
      expect(error.next).toMatch(/write \d+ into \/var\/lib\/consul\/acl-bootstrap-reset on its leader/);
      expect(error.message).toContain(`consul on ${target.name} said last:`);
      expect(keyRing.current()?.nomad.deployer).toBeNull();
      expect(peers.sent).not.toContain('PUT /v1/acl/policy');
    }, 60_000);
  },
);
