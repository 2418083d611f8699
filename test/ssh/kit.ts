import { afterEach } from 'vitest';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import type { ClusterKeys, HostKeys } from '../../src/domain/cluster-keys.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { KeyRing } from '../../src/ports/key-ring.ts';
import type { Machines, MachineTarget } from '../../src/ports/machines.ts';
import { createSshMachines } from '../../src/ssh/machines.ts';
import { type FakeMachine, startFakeMachine } from './fake-machine.ts';
import { soundSshKey } from './sound-key.ts';

export const target: MachineTarget = { name: 'pr-7-1', privateIp: '10.0.1.11', publicIp: null };
const given = { clock: systemClock, random: systemRandom };

export interface MemoryRing extends KeyRing {
  readonly host: () => HostKeys;
  readonly set: (host: HostKeys) => void;
  /** Called before and after each write; what it throws is a crash there. */
  crash: (when: 'before' | 'after', write: number) => void;
  isWritable: boolean;
}

export const memoryRing = async (): Promise<MemoryRing> => {
  let keys: ClusterKeys = {
    ...(await makeClusterKeys({ name: 'aipacto-pr-7', ...given })),
    ssh: soundSshKey('provisioner'),
    hosts: { [target.name]: { first: soundSshKey('first boot') } },
  };
  let writes = 0;
  const ring: MemoryRing = {
    crash: () => {},
    isWritable: true,
    current: () => keys,
    writable: () => ring.isWritable,
    update: async (change) => {
      writes += 1;
      ring.crash('before', writes);
      keys = change(keys);
      ring.crash('after', writes);
      return keys;
    },
    host: () => keys.hosts[target.name] ?? {},
    set: (host) => {
      keys = { ...keys, hosts: { [target.name]: host } };
    },
  };
  return ring;
};

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

export interface World {
  readonly ring: MemoryRing;
  readonly machine: FakeMachine;
  /** A new process, as it were: no connection yet, what it knows is in the ring. */
  readonly machines: () => Machines;
}

/** A machine that has just booted, and the keys of its environment. */
export const setUp = async (): Promise<World> => {
  const ring = await memoryRing();
  const keys = ring.current();
  const first = ring.host().first;
  if (keys === null || first === undefined) throw new Error('the ring has no keys');
  const machine = await startFakeMachine({
    firstKey: { privateKey: first.privateKey.reveal(), publicKey: first.publicKey },
    authorized: keys.ssh.publicKey,
  });
  ends.push(machine.close);
  const machines = (): Machines => {
    const made = createSshMachines({
      ...given,
      keyRing: ring,
      addressOf: () => ({ host: '127.0.0.1', port: machine.port }),
      readyMs: 5_000,
    });
    ends.push(made.close);
    return made;
  };
  return { ring, machine, machines };
};
