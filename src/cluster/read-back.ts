import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { ReadFiles } from '../ports/entry.ts';
import { deliveredPaths } from './delivery.ts';

/** What every server keeps in files for root, so that it need not be made anew: running agents go on with it. */
export interface KeysReadBack {
  readonly gossip: ClusterKeys['gossip'];
  readonly consul: Pick<ClusterKeys['consul'], 'agent' | 'nomad' | 'ingress'>;
  /** PEM of the authority whose certificates the servers have. */
  readonly formerCa: string;
}

const { consulKeys, nomadKeys, ingressToken } = deliveredPaths;
export const caPaths = [`${deliveredPaths.consulTls}/ca.pem`, `${deliveredPaths.nomadTls}/ca.pem`] as const;
export const readBackPaths: readonly string[] = [consulKeys, nomadKeys, ingressToken, caPaths[0]];

const gossip = /^[A-Za-z0-9+/]{43}=$/;
const token = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const certificate = /^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\s*)+$/;

/** Throws Failure when a server lacks one of them, or when two don't have the same: then they are no one cluster. */
export const keysReadBack = (
  found: readonly { readonly server: string; readonly files: ReadFiles }[],
): KeysReadBack => {
  const [first, ...others] = found.map(({ server, files }) => ({ server, keys: keysIn(server, files) }));
  if (first === undefined) throw new Failure('there is no server to read the keys from');
  const other = others.find(({ keys }) => plainText(keys) !== plainText(first.keys));
  if (other !== undefined)
    throw new Failure(`${other.server} does not have the same keys as ${first.server}: they are not one cluster`, {
      next: `see which of them is the stranger: consul members on each; then replace it: --replace`,
    });
  return first.keys;
};

const keysIn = (server: string, files: ReadFiles): KeysReadBack => {
  const value = (path: string, key: string | null, shape: RegExp): string => {
    const text = files[path]?.reveal();
    if (text === undefined) throw new Failure(`${server} has no ${path}: it never became a member of the cluster`);
    const found = key === null ? text : new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, 'm').exec(text)?.[1];
    if (found !== undefined && shape.test(found.trim())) return found.trim();
    throw new Failure(`${path} on ${server} holds no ${key ?? 'value'} of the shape that is delivered`);
  };
  return {
    gossip: {
      consul: new Secret(value(consulKeys, 'encrypt', gossip)),
      nomad: new Secret(value(nomadKeys, 'encrypt', gossip)),
    },
    consul: {
      agent: new Secret(value(consulKeys, 'agent', token)),
      nomad: new Secret(value(nomadKeys, 'token', token)),
      ingress: new Secret(value(ingressToken, null, token)),
    },
    formerCa: `${value(caPaths[0], null, certificate)}\n`,
  };
};

const plainText = ({ gossip, consul, formerCa }: KeysReadBack): string =>
  [gossip.consul, gossip.nomad, consul.agent, consul.nomad, consul.ingress]
    .map((secret) => secret.reveal())
    .concat(formerCa)
    .join('\n');
