import type { Secret } from './secret.ts';

/**
 * What an environment's servers and we know of each other, and nobody else. Made once, by the first run that needs
 * machines; kept in the state, never in a plan, never in user data (but for `first`, which is worthless after the first
 * login, and public halves).
 */
export interface ClusterKeys {
  /** The environment's own certificate authority: PEM. It signs nothing but this cluster's servers and tools. */
  readonly ca: { readonly certificate: string; readonly key: Secret };
  /** 32 random bytes each, standard base64 (Nomad decodes nothing else). */
  readonly gossip: { readonly consul: Secret; readonly nomad: Secret };
  readonly consul: ConsulTokens;
  readonly nomad: NomadTokens;
  /** Our own way in: OpenSSH private key (PEM) and the line for authorized_keys. */
  readonly ssh: { readonly privateKey: Secret; readonly publicKey: string };
  /** Host keys by server name. */
  readonly hosts: Readonly<Record<string, HostKeys>>;
  /** While these keys, made after all others were lost, are not everywhere yet (cluster/recover.ts). */
  readonly recovery?: KeysRecovery;
}

export interface KeysRecovery {
  /** ISO 8601. */
  readonly since: string;
  /** PEM of the authority before, whose key is lost: trusted until every server has a certificate of ours. */
  readonly formerCa: string;
}

/** PEM of the authorities whose certificates the servers may show. */
export const trustedCas = ({ ca, recovery }: Pick<ClusterKeys, 'ca' | 'recovery'>): string =>
  recovery === undefined ? ca.certificate : `${ca.certificate}${recovery.formerCa}`;

/** UUIDs chosen by us before any server exists: Consul accepts a token's SecretID from its maker. */
export interface ConsulTokens {
  /** The bootstrap secret; all rights. */
  readonly management: Secret;
  /** Each server's own agent. */
  readonly agent: Secret;
  /** Nomad's servers and clients. */
  readonly nomad: Secret;
  /** The ingress on each server: reads services. */
  readonly ingress: Secret;
  /** Ours: reads health, members and the operator's view; writes nothing. */
  readonly provisioner: Secret;
}

export interface NomadTokens {
  /** The bootstrap secret; all rights. */
  readonly management: Secret;
  /** Nomad chooses the secrets of other tokens itself: null until the cluster made it. */
  readonly deployer: Secret | null;
}

export interface HostKeys {
  /**
   * The key the server boots with, known to us before it exists: serves the first login only. Gone once the server
   * offers its own.
   */
  readonly first?: { readonly privateKey: Secret; readonly publicKey: string };
  /** `ssh-ed25519 AAAA…` of the key the server made itself, read over the first connection. */
  readonly pinned?: string;
  /** Mark of the registry login that the server has; absent: none. Tells one from the next, and nothing of it. */
  readonly registry?: string;
}

/** Of `tls: acme-dns`, for the whole project: certificates by name, and what is needed to renew them. */
export interface AcmeKeys {
  readonly accountKey: Secret;
  readonly accountUrl?: string;
  readonly certificates: Readonly<
    Record<string, { readonly certificate: string; readonly key: Secret; readonly notAfter: string }>
  >;
}

/**
 * Marks in rendered user data, each replaced by a JSON string (which is a YAML string) when the server is ordered or
 * rebuilt. They stand for what is used once, so they don't count in the fingerprint.
 */
export const userDataMarks = {
  firstHostPrivateKey: '@@first-host-private-key@@',
  firstHostPublicKey: '@@first-host-public-key@@',
  provisionerPublicKey: '@@provisioner-public-key@@',
} as const;
