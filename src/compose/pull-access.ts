import type { ImagesConfig } from '../config/project.ts';
import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { sha256Hex } from '../local/hash.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { DeliveredFile, Machines, MachineTarget } from '../ports/machines.ts';
import type { Context } from './context.ts';
import { registryHost, secretIn } from './registry.ts';

/**
 * How servers log in at the registry of images: Docker's own file, which Nomad reads at each pull, delivered over SSH as
 * every secret is. Of the token nothing is kept but a mark beside each server's keys: who has which.
 */
export interface PullAccess {
  /** Sentences about servers that have another login than they should; empty where nobody knows which that is. */
  due(servers: readonly string[]): readonly string[];
  /** For a server that boots: the file is there in any case, for Nomad's configuration names it. */
  files(): readonly DeliveredFile[];
  /** Throws Failure where a server that boots would need a token that is not here. */
  require(): void;
  /** Hands the login to those that have another. */
  ensure(servers: readonly MachineTarget[], waiting: Waiting): Promise<void>;
}

/** Named in templates/nomad.hcl.hbs; not below /etc/nomad.d, of which the agent reads every file. */
export const pullFile = '/etc/registry/pull.json';
const nobody = 'none';

export const pullAccess = (
  { config, env, onSecret, local }: Pick<Context, 'config' | 'env' | 'onSecret' | 'local'>,
  keyRing: KeyRing,
  machines: Machines,
): PullAccess => {
  const { images } = config;
  const host = registryHost(images);
  // A local world has what its servers run in a registry of its own, open to them.
  const username = local ? undefined : images.username;
  const token = username === undefined ? undefined : secretIn(env, 'REGISTRY_TOKEN');
  if (token !== undefined) onSecret(token);
  const content = username === undefined ? dockerConfig({}) : token && dockerConfig(authOf(images, username, token));
  if (content instanceof Secret) onSecret(content);
  /** Of the login that servers should have; undefined: the token is not here. */
  const wanted = (keys: ClusterKeys): string | undefined =>
    username === undefined
      ? nobody
      : token && sha256Hex([keys.gossip.nomad.reveal(), host, username, token.reveal()].join('\0')).slice(0, 16);
  const lacking = (servers: readonly string[]): string[] => {
    const keys = keyRing.current();
    const mark = keys === null ? undefined : wanted(keys);
    if (keys === null || mark === undefined) return [];
    return servers.filter((name) => {
      const known = keys.hosts[name];
      return known !== undefined && (known.registry ?? nobody) !== mark;
    });
  };
  const missing = (): Failure =>
    new Failure(`images.username is ${username}, and REGISTRY_TOKEN is not set: servers could not pull from ${host}`, {
      done: ['nothing was changed'],
      next: `set REGISTRY_TOKEN to a token of ${username} that may only read`,
    });
  const files = (): readonly DeliveredFile[] => {
    if (content === undefined) throw missing();
    return [{ path: pullFile, mode: '0600', owner: 'root:root', content }];
  };
  return {
    due: (servers) => {
      const without = lacking(servers);
      if (without.length === 0) return [];
      return username === undefined
        ? [`${without.join(', ')} can still log in at ${host}, and infra.yaml has no images.username`]
        : [`${without.join(', ')} did not get the login of ${username} at ${host} yet`];
    },
    files,
    require: () => void files(),
    ensure: async (servers, { progress }) => {
      const without = new Set(lacking(servers.map(({ name }) => name)));
      for (const target of servers.filter(({ name }) => without.has(name))) {
        progress(`the login at ${host}, for ${target.name}`);
        await machines.deliver(target, files());
        await keyRing.update((keys) => marked(keys, target.name, wanted(keys)));
      }
    },
  };
};

const marked = (keys: ClusterKeys, server: string, mark: string | undefined): ClusterKeys => {
  const { registry: _before, ...host } = keys.hosts[server] ?? {};
  const next = mark === undefined || mark === nobody ? host : { ...host, registry: mark };
  return { ...keys, hosts: { ...keys.hosts, [server]: next } };
};

/** Docker Hub has a name of its own in that file (docs.docker.com, docker login). */
const authOf = (images: ImagesConfig, username: string, token: Secret): Readonly<Record<string, string>> => {
  const host = registryHost(images);
  const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  return { [key]: Buffer.from(`${username}:${token.reveal()}`).toString('base64') };
};

const dockerConfig = (auths: Readonly<Record<string, string>>): Secret =>
  new Secret(
    `${JSON.stringify({ auths: Object.fromEntries(Object.entries(auths).map(([host, auth]) => [host, { auth }])) })}\n`,
  );
