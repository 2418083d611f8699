import type { Secret } from '../domain/secret.ts';
import type { Fetch } from '../ports/machines.ts';

export interface GatewayAccess {
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
  /** Line for authorized_keys of whom we log in as; left out: the machine does not ask. */
  readonly ourKey?: () => string | undefined;
}
export const gatewayUrl = ({ endpoint }: GatewayAccess, name: string): string =>
  `${new URL(endpoint).origin}/_emulator/machines/${encodeURIComponent(name)}`;
export const authorised = ({ token, ourKey }: GatewayAccess): Record<string, string> => {
  const key = ourKey?.();
  return { authorization: `Bearer ${token.reveal()}`, ...(key === undefined ? {} : { 'x-ssh-key': key }) };
};
