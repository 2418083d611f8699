import { setTimeout as sleep } from 'node:timers/promises';
import { deliveredFiles } from '../../../src/cluster/delivery.ts';
import { missing } from '../../../src/cluster/ready.ts';
import { createConsul } from '../../../src/consul/catalog.ts';
import type { ClusterKeys } from '../../../src/domain/cluster-keys.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { systemRandom } from '../../../src/local/random.ts';
import { createNomad } from '../../../src/nomad/scheduler.ts';
import type { Peers } from '../../cluster/peers.ts';
import type { Recorder } from './recorder.ts';

export interface Scene {
  readonly peers: Peers;
  readonly keys: ClusterKeys;
  readonly recorder: Recorder;
}

/** Looks again until it is so; 75 s at most: a dead node is noticed after 20 to 40. */
export const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
  let last: unknown;
  const end = performance.now() + 75_000;
  while (performance.now() < end) {
    try {
      if (await look()) return;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`no ${what} within 75 s`, { cause: last });
};

const deliver = async ({ peers, keys }: Scene, server: number): Promise<void> => {
  const target = peers.targets[server - 1];
  if (target === undefined) throw new Error(`there is no server ${server}`);
  const identity = { ...target, datacenter: 'production' };
  await peers.machines.deliver(
    target,
    await deliveredFiles(keys, identity, { clock: systemClock, random: systemRandom }),
  );
};

/** One of three servers answers, and there is no leader. */
export const recordAlone = async (scene: Scene): Promise<void> => {
  const { peers, recorder } = scene;
  await deliver(scene, 1);
  peers.start(peers.targets[0]?.name ?? '', 'nomad');
  const topic = 'no-leader';
  await until('lone Consul', async () => (await consul(scene).leader()) === null);
  await until('lone Nomad', async () => {
    const base = baseOf(scene, 4646);
    return (await base.fetch(new Request(`${base.address}/v1/agent/health`))).status > 0;
  });
  for (const system of ['consul', 'nomad'] as const) {
    const ask = (title: string, path: string, call = {}) => recorder.ask(system, topic, title, path, call);
    await ask('the leader is an empty text', '/v1/status/leader');
    await ask('peers', '/v1/status/peers');
    for (const token of ['none', 'management'] as const)
      await ask(`autopilot, token: ${token}`, '/v1/operator/autopilot/health', { token });
    await ask('tokens', '/v1/acl/tokens', { token: 'management' });
    await ask('bootstrap', '/v1/acl/bootstrap', {
      method: 'PUT',
      body: { BootstrapSecret: scene.keys[system].management.reveal() },
    });
  }
  await recorder.ask('nomad', topic, 'nodes', '/v1/nodes', { token: 'management' });
  await recorder.ask('nomad', topic, 'jobs', '/v1/jobs', { token: 'management' });
};

export const bringOthers = async (scene: Scene): Promise<void> => {
  await deliver(scene, 2);
  await deliver(scene, 3);
  await until('leader of Consul', async () => (await consul(scene).leader()) !== null);
};

const baseOf = ({ peers }: Scene, port: number) => {
  const target = peers.targets[0];
  if (target === undefined) throw new Error('there is no server');
  return { fetch: peers.machines.fetchThrough(target), address: `https://${target.privateIp}:${port}` };
};
export const consul = (scene: Scene) => createConsul({ ...baseOf(scene, 8501), token: scene.keys.consul.management });
export const nomad = (scene: Scene, namespace?: string) =>
  createNomad({
    ...baseOf(scene, 4646),
    token: scene.keys.nomad.management,
    ...(namespace === undefined ? {} : { namespace }),
  });

export const untilReady = (scene: Scene): Promise<void> =>
  until('ready cluster', async () => {
    const servers = scene.peers.targets.map((target) => ({ ...target, address: `server/${target.name}` as const }));
    const facts = {
      consul: { leader: await consul(scene).leader(), voters: (await consul(scene).voters()).names, version: null },
      nomad: { leader: await nomad(scene).leader(), voters: (await nomad(scene).voters()).names, version: null },
      nodes: await nomad(scene).nodes(),
    };
    return missing({ servers }, facts).length === 0;
  });

/**
 * A server is killed: autopilot of both says 429 with the body of a 200. Not Nomad's leader: a new one gives every node
 * five minutes to report (failover_heartbeat_ttl).
 */
export const recordDead = async (scene: Scene): Promise<void> => {
  const { peers, recorder } = scene;
  const leader = await nomad(scene).leader();
  const victim = peers.targets.findLast(({ privateIp }) => !leader?.startsWith(`${privateIp}:`));
  await peers.kill(victim?.name ?? '');
  for (const [system, token] of [
    ['consul', 'provisioner'],
    ['nomad', 'deployer'],
  ] as const) {
    const base = system === 'consul' ? consul(scene) : nomad(scene);
    await until(`lost voter of ${system}`, async () => (await base.voters()).names.length === 2);
    const path = '/v1/operator/autopilot/health';
    await recorder.ask(system, 'dead-voter', 'one of three voters is dead', path, { token });
    await recorder.ask(system, 'dead-voter', 'the members', '/v1/agent/members', {
      token: system === 'consul' ? token : 'management',
    });
  }
  await until('node down', async () => (await nomad(scene).nodes()).some((node) => node.status === 'down'));
  await recorder.ask('nomad', 'dead-voter', 'the nodes', '/v1/nodes', { token: 'deployer' });
};
