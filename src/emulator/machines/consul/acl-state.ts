import { isoNanos } from '../replies.ts';

/* Records of Consul's access control, as its API shows them (consul/api ACL structs at 1.20). */
export interface Link {
  readonly ID: string;
  readonly Name: string;
}
export interface PolicyRecord {
  readonly ID: string;
  readonly Name: string;
  readonly Description: string;
  readonly Rules: string;
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
export interface TokenRecord {
  readonly AccessorID: string;
  readonly SecretID: string;
  readonly Description: string;
  readonly Policies?: readonly Link[];
  readonly Roles?: readonly Link[];
  readonly Local: boolean;
  readonly CreateTime: string;
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
export interface RoleRecord {
  readonly ID: string;
  readonly Name: string;
  readonly Description: string;
  readonly Policies?: readonly Link[];
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
export interface AuthMethodRecord {
  readonly Name: string;
  readonly Type: string;
  readonly Description?: string;
  readonly TokenLocality?: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
export interface BindingRuleRecord {
  readonly ID: string;
  readonly Description: string;
  readonly AuthMethod: string;
  readonly Selector: string;
  readonly BindType: string;
  readonly BindName: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
/** What stands in the reset file of a machine: text, as it was written. */
export interface AclReset {
  readonly machine: string;
  readonly index: string;
}
export interface ConsulAcl {
  index: number;
  reset?: AclReset;
  /** Raft index of the bootstrap, which works once; null: not yet. */
  bootstrapped: number | null;
  policies: PolicyRecord[];
  tokens: TokenRecord[];
  roles: RoleRecord[];
  authMethods: AuthMethodRecord[];
  bindingRules: BindingRuleRecord[];
}

export const managementPolicy: Link = { ID: '00000000-0000-0000-0000-000000000001', Name: 'global-management' };
export const readOnlyPolicy: Link = { ID: '00000000-0000-0000-0000-000000000002', Name: 'builtin/global-read-only' };
export const anonymousAccessor = '00000000-0000-0000-0000-000000000002';

const builtIn = (link: Link, access: string, at: number): PolicyRecord => ({
  ...link,
  Description: `A built-in policy that grants ${access} access to all Consul features`,
  Rules: '',
  Hash: hashOf(link.Name),
  CreateIndex: at,
  ModifyIndex: at,
});

/** What a new cluster has before anyone asked for anything. */
export const emptyConsulAcl = (now: number): ConsulAcl => ({
  index: 10,
  bootstrapped: null,
  policies: [builtIn(managementPolicy, 'read and write', 4), builtIn(readOnlyPolicy, 'read-only', 5)],
  tokens: [
    {
      AccessorID: anonymousAccessor,
      SecretID: 'anonymous',
      Description: 'Anonymous Token',
      Local: false,
      CreateTime: isoNanos(now),
      Hash: hashOf('anonymous'),
      CreateIndex: 6,
      ModifyIndex: 6,
    },
  ],
  roles: [],
  authMethods: [],
  bindingRules: [],
});

/** Stands for the hash of a record: 32 bytes of base64 that follow from its text. */
export const hashOf = (text: string): string => Buffer.from(text.padEnd(32, ' ').slice(0, 32)).toString('base64');
