import type { AclReset } from '../consul/acl-state.ts';

/* Records of Nomad's access control and variables, as its API shows them (nomad/structs at 1.9). */
export interface NomadPolicyRecord {
  readonly Name: string;
  readonly Description: string;
  readonly Rules: string;
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
export interface NomadTokenRecord {
  readonly AccessorID: string;
  readonly SecretID: string;
  readonly Name: string;
  readonly Type: 'client' | 'management';
  readonly Policies: readonly string[] | null;
  readonly Roles: null;
  readonly Global: boolean;
  readonly Hash: string;
  readonly CreateTime: string;
  readonly ExpirationTTL: '';
  readonly ExpirationTime: null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
export interface NomadAcl {
  reset?: AclReset;
  /** Raft index of the bootstrap, which works once; null: not yet. */
  bootstrapped: number | null;
  policies: NomadPolicyRecord[];
  tokens: NomadTokenRecord[];
}
export const emptyNomadAcl = (): NomadAcl => ({ bootstrapped: null, policies: [], tokens: [] });

export interface NamespaceRecord {
  readonly Name: string;
  readonly Description: string;
  readonly Meta: Readonly<Record<string, string>> | null;
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** Times in nanoseconds since the epoch. */
export interface VariableRecord {
  readonly Namespace: string;
  readonly Path: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly CreateTime: number;
  readonly ModifyTime: number;
  readonly Items: Readonly<Record<string, string>>;
}
