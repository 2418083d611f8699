import type { Environment } from '../domain/environment.ts';
import { tailscaleClient } from '../tailscale/credentials.ts';
import { createTailnet, type Tailnet } from '../tailscale/tailnet.ts';
import { createTailscale } from '../tailscale/vpn.ts';
import type { Context } from './context.ts';

/**
 * The tailnet of an environment whose infra.yaml names one; throws Failure when the credentials are not there. Servers
 * of a local world join only a control server that `tailscale.api` names: they are no business of Tailscale's.
 */
export const tailnetOf = (
  { env, clock, random, onSecret, local }: Context,
  { tailscale, type }: Pick<Environment, 'tailscale' | 'type'>,
): Tailnet | null => {
  if (tailscale === undefined || (local && tailscale.api === undefined)) return null;
  const vpn = createTailscale({
    ...tailscaleClient(env),
    ...(tailscale.api === undefined ? {} : { api: tailscale.api }),
    fetch: (request) => fetch(request),
    clock,
    random,
    onSecret,
  });
  return createTailnet(vpn, { tags: tailscale.tags, ephemeral: type === 'pr' });
};
