import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';

/** The OAuth client of the environment variables. Throws Failure with what to set. */
export const tailscaleClient = (
  env: Readonly<Record<string, string | undefined>>,
): { readonly clientId: string; readonly clientSecret: Secret } => {
  const clientId = env['TAILSCALE_OAUTH_CLIENT_ID'] ?? '';
  const clientSecret = env['TAILSCALE_OAUTH_CLIENT_SECRET'] ?? '';
  if (clientId !== '' && clientSecret !== '') return { clientId, clientSecret: new Secret(clientSecret) };
  const missing = clientId === '' ? 'TAILSCALE_OAUTH_CLIENT_ID' : 'TAILSCALE_OAUTH_CLIENT_SECRET';
  throw new Failure(`infra.yaml has tailscale, but ${missing} is not set, so no server could join`, {
    next:
      'make an OAuth client with the scopes auth_keys and devices:core (login.tailscale.com, Settings, Trust ' +
      'credentials) and export both variables, or take tailscale out of infra.yaml',
  });
};
