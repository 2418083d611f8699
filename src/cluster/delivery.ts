import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveredFile } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import { type ServerIdentity, serverCertificate } from './keys/certificates.ts';

/** Where each thing lies on a server. The templates' configurations name the same paths. */
export const deliveredPaths = {
  consulKeys: '/etc/consul.d/keys.hcl',
  consulTls: '/etc/consul.d/tls',
  nomadKeys: '/etc/nomad.d/keys.hcl',
  nomadTls: '/etc/nomad.d/tls',
  ingressToken: '/etc/ingress/consul-token',
} as const;

/**
 * The files that make a booted machine a member of this cluster. They travel over SSH only. The certificate is made
 * anew for each delivery and kept nowhere else; everything else is the same each time. `extra`: what other parts add,
 * such as a Tailscale key or a certificate for the ingress.
 */
export const deliveredFiles = async (
  keys: ClusterKeys,
  server: ServerIdentity,
  given: { readonly clock: Clock; readonly random: Random },
  extra: readonly DeliveredFile[] = [],
): Promise<readonly DeliveredFile[]> => {
  const own = await serverCertificate(keys.ca, server, given);
  return [
    secret(deliveredPaths.consulKeys, '0640', 'root:consul', consulKeys(keys)),
    ...tlsFiles(deliveredPaths.consulTls, keys, own, { mode: '0640', owner: 'root:consul' }),
    secret(deliveredPaths.nomadKeys, '0600', 'root:root', nomadKeys(keys)),
    ...tlsFiles(deliveredPaths.nomadTls, keys, own, { mode: '0600', owner: 'root:root' }),
    secret(deliveredPaths.ingressToken, '0640', 'root:caddy', keys.consul.ingress.reveal()),
    ...extra,
  ];
};

const secret = (path: string, mode: string, owner: string, text: string): DeliveredFile => ({
  path,
  mode,
  owner,
  content: new Secret(text),
});

const tlsFiles = (
  folder: string,
  keys: ClusterKeys,
  own: { readonly certificate: string; readonly key: Secret },
  readers: { readonly mode: string; readonly owner: string },
): DeliveredFile[] => [
  { path: `${folder}/ca.pem`, mode: '0644', owner: 'root:root', content: keys.ca.certificate },
  { path: `${folder}/server.pem`, mode: '0644', owner: 'root:root', content: own.certificate },
  { path: `${folder}/server-key.pem`, ...readers, content: own.key },
];

/** The token of the agent itself; requests of others bring their own. */
const consulKeys = ({ gossip, consul }: ClusterKeys): string => `encrypt = "${gossip.consul.reveal()}"

acl {
  tokens {
    agent = "${consul.agent.reveal()}"
  }
}
`;

const nomadKeys = ({ gossip, consul }: ClusterKeys): string => `server {
  encrypt = "${gossip.nomad.reveal()}"
}

consul {
  token = "${consul.nomad.reveal()}"
}
`;
