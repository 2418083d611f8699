import { type Answer, plainText } from '../replies.ts';
import { anonymousAccessor, type ConsulAcl, type PolicyRecord, type TokenRecord } from './acl-state.ts';
import { allows, type Permission, policiesOf } from './rules.ts';

/** Who asks. `enforced` false: the agents run without access control, everyone may do everything. */
export interface Identity {
  readonly enforced: boolean;
  readonly token: TokenRecord;
  readonly policies: readonly PolicyRecord[];
}

/** undefined: no token has this secret. No secret means the anonymous token. */
export const identify = (acl: ConsulAcl, secret: string | null, enforced: boolean): Identity | undefined => {
  const wanted = secret === null || secret === '' ? 'anonymous' : secret;
  const token = acl.tokens.find((one) => one.SecretID === wanted) ?? (enforced ? undefined : acl.tokens[0]);
  return token === undefined ? undefined : { enforced, token, policies: policiesOf(acl, token) };
};

export const may = (who: Identity, wanted: Permission): boolean => !who.enforced || allows(who.policies, wanted);

/* Texts of a real 1.20. */
export const denied = (who: Identity, { resource, access, name }: Permission): Answer => {
  const anonymous = who.token.AccessorID === anonymousAccessor;
  const holder = anonymous ? 'anonymous token' : `token with AccessorID '${who.token.AccessorID}'`;
  const on = name === undefined ? '' : ` on "${name}"`;
  const hint = '. The anonymous token is used implicitly when a request does not specify a token.';
  return plainText(
    `Permission denied: ${holder} lacks permission '${resource}:${access}'${on}${anonymous ? hint : ''}`,
    403,
  );
};

export const unknownToken = ({ bootstrapped }: ConsulAcl): Answer =>
  plainText(
    bootstrapped === null
      ? 'ACL system must be bootstrapped before making any requests that require authorization: ACL not found'
      : 'ACL not found',
    403,
  );
export const aclDisabled = plainText('ACL support disabled', 401);
