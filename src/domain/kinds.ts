/** Kinds of things that live in the Hetzner Cloud API. The word is the one Hetzner uses, singular, with hyphens. */
export const cloudKinds = [
  'ssh-key',
  'network',
  'firewall',
  'placement-group',
  'certificate',
  'load-balancer',
  'server',
  'zone',
  'rrset',
  'primary-ip',
  'volume',
] as const;
export type CloudKind = (typeof cloudKinds)[number];

/** Everything a plan can speak of: cloud objects, the cluster that forms on the servers, namespaces and jobs on it. */
export const kinds = [...cloudKinds, 'cluster', 'namespace', 'job'] as const;
export type Kind = (typeof kinds)[number];

export const isCloudKind = (kind: string): kind is CloudKind => (cloudKinds as readonly string[]).includes(kind);
export const isKind = (kind: string): kind is Kind => (kinds as readonly string[]).includes(kind);
