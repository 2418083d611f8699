import type { ClusterKeys } from '../../domain/cluster-keys.ts';
import { Secret } from '../../domain/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { makeAuthority } from './certificates.ts';
import { makeSshKey } from './ssh-keys.ts';

/** All that an environment's cluster is secured with, new. About 10 ms. */
export const makeClusterKeys = async (given: {
  /** `aipacto-production`: names the certificate authority and the SSH key. */
  readonly name: string;
  readonly random: Random;
  readonly clock: Clock;
}): Promise<ClusterKeys> => {
  const { name, random } = given;
  const token = (): Secret => new Secret(uuid(random));
  return {
    ca: await makeAuthority(name, given),
    gossip: { consul: gossipKey(random), nomad: gossipKey(random) },
    consul: { management: token(), agent: token(), nomad: token(), ingress: token(), provisioner: token() },
    nomad: { management: token(), deployer: null },
    ssh: makeSshKey(`${name} provisioner`),
    hosts: {},
  };
};

/** Version 4, as both systems demand of secrets chosen by others. */
const uuid = (random: Random): string => {
  const hex = random.hex(16);
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
};

const gossipKey = (random: Random): Secret => new Secret(Buffer.from(random.hex(32), 'hex').toString('base64'));
