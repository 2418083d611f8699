import type { Environment } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { type Artifact, architectureOf, artifactUrl, checksumAlgorithm, checksumsOf } from '../domain/versions.ts';
import { ingressView } from './ingress-view.ts';

/** One server and its companions, as the templates see them. */
export interface ServerNode {
  /** 1-based; server n has address `.10 + n` of the subnet. */
  readonly number: number;
  /** Default: server. A worker runs the clients only, of Consul and of Nomad. */
  readonly role?: 'server' | 'worker';
  readonly name: string;
  readonly privateIp: string;
  /** All servers of the environment, this one included if it is one; never workers. */
  readonly servers: readonly { readonly name: string; readonly privateIp: string }[];
}

interface Download {
  readonly artifact: Artifact;
  readonly version: string;
  readonly url: string;
  readonly algorithm: 'sha256' | 'sha512';
  readonly checksum: string;
}

/** How long the machine itself waits. The provisioner's own bounds are shorter; these end what nobody watches any more. */
const bounds = { bootstrapSeconds: 2100, keysSeconds: 900, tokenSeconds: 240 };

/** What templates may use; nothing in it depends on time, chance or earlier runs. */
export const serverView = (environment: Environment, node: ServerNode): object => ({
  project: environment.project,
  environment: environment.name,
  environmentType: environment.type,
  domain: environment.domain,
  node: { number: node.number, name: node.name, privateIp: node.privateIp },
  server: node.role !== 'worker',
  count: node.servers.length,
  servers: node.servers,
  serverIps: node.servers.map(({ privateIp }) => privateIp),
  peerIps: node.servers.map(({ privateIp }) => privateIp).filter((ip) => ip !== node.privateIp),
  network: { range: environment.network.range, subnet: environment.network.subnet },
  ...ingressView(environment),
  architecture: architectureOf(environment.servers.types[0] ?? ''),
  arm: architectureOf(environment.servers.types[0] ?? '') === 'arm64',
  downloads: downloads(environment),
  // Security updates of each server in an hour of its own: two at once could take the quorum.
  upgradeHour: String((1 + node.number) % 24).padStart(2, '0'),
  ...bounds,
  tailscaleTags: environment.tailscale?.tags.join(',') ?? false,
});

const downloads = (environment: Environment): readonly Download[] => {
  const { versions, tailscale } = environment;
  return [
    ...(['consul', 'nomad', 'caddy'] as const).map((product) => download(environment, product, versions[product])),
    ...(tailscale === undefined ? [] : [download(environment, 'tailscale', tailscale.version)]),
  ];
};

const download = (environment: Environment, artifact: Artifact, version: string): Download => {
  const architecture = architectureOf(environment.servers.types[0] ?? '');
  const { mirror, checksums } = environment.artifacts ?? {};
  const published = artifact === 'tailscale' ? environment.tailscale?.checksums : checksumsOf(artifact, version);
  const checksum = checksums?.[artifact]?.[version]?.[architecture] ?? published?.[architecture];
  if (checksum === undefined)
    throw new Failure(`no checksum is known for ${artifact} ${version} on ${architecture}`, {
      next: `write versions.${artifact} as { version: ${version}, amd64: …, arm64: … } in infra.yaml`,
    });
  const url = artifactUrl(artifact, version, architecture, mirror);
  return { artifact, version, url, algorithm: checksumAlgorithm(checksum), checksum };
};
