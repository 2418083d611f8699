import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Keys from the environment, or null: what else the SDK knows how to find (profiles, roles) is there to be asked. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
}

/** What names another source of credentials than the two keys. */
const otherSources = [
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

const makeKeys =
  'export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…   (Hetzner: console.hetzner.com, project, Security, S3 credentials), or AWS_PROFILE=… for one of ~/.aws/credentials';

/**
 * The order of the AWS command: the two variables, then a profile or a role. The SDK's last resort, a service that only
 * answers inside AWS's machines, is not waited for where nothing else is configured. Throws StoreError when there is none.
 */
export const findKeys = (env: Variables, place: string): Keys | null => {
  const id = env['AWS_ACCESS_KEY_ID']?.trim() ?? '';
  const secret = env['AWS_SECRET_ACCESS_KEY']?.trim() ?? '';
  const token = env['AWS_SESSION_TOKEN']?.trim() ?? '';
  if (id !== '' && secret !== '')
    return {
      accessKeyId: id,
      secretAccessKey: new Secret(secret),
      ...(token !== '' && { sessionToken: new Secret(token) }),
    };
  if (id !== '' || secret !== '') {
    const [set, unset] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const [has, lacks] = id === '' ? [unset, set] : [set, unset];
    throw none(`${has} is set, but ${lacks} is not, so nobody can be asked for ${place}`);
  }
  if (otherSources.some((name) => (env[name] ?? '') !== '') || sharedFiles(env).some((file) => existsSync(file)))
    return null;
  throw none(`there are no credentials for ${place}: neither AWS_ACCESS_KEY_ID nor AWS_PROFILE is set`);
};

const sharedFiles = (env: Variables): readonly string[] => {
  const directory = join(env['HOME'] ?? homedir(), '.aws');
  return [
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(directory, 'credentials'),
    env['AWS_CONFIG_FILE'] ?? join(directory, 'config'),
  ];
};

const none = (message: string): StoreError =>
  new StoreError(message, 'refused', { done: ['nothing was asked'], next: makeKeys });

export { makeKeys };
