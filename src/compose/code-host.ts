import type { ProjectConfig } from '../config/project.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { createGitHub } from '../github/host.ts';
import type { Clock } from '../ports/clock.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { Fetch } from '../ports/machines.ts';

const ownApi = 'https://api.github.com';

export interface OpenCodeHost {
  readonly config: Pick<ProjectConfig, 'repository' | 'file'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Told of every secret as soon as it is known, so that nothing prints it. */
  readonly onSecret: (secret: Secret) => void;
  /** Default: the network. */
  readonly fetch?: Fetch;
}

/** The repository whose pull requests get previews. Throws Failure that says what to set; asks nothing. */
export const openCodeHost = ({ config, env, clock, onSecret, fetch: send }: OpenCodeHost): CodeHost => {
  const repository = repositoryOf(config, env);
  const baseUrl = apiOf(env['GITHUB_API_URL']);
  const given = (env['GITHUB_TOKEN'] ?? '').trim();
  if (given === '')
    throw new Failure(`GITHUB_TOKEN is not set, so nothing can be asked of ${repository} at GitHub`, {
      next:
        'in a workflow write `env: { GITHUB_TOKEN: "${{ github.token }}" }`; by hand `export GITHUB_TOKEN=$(gh auth token)`; ' +
        'to try it out `npm run emulator -- --github acme/shop` prints one',
    });
  const token = new Secret(given);
  onSecret(token);
  return createGitHub({ repository, baseUrl, token, clock, fetch: send ?? ((request) => fetch(request)) });
};

/** infra.yaml's comes first: a workflow of another repository may look after these previews. */
const repositoryOf = ({ repository, file }: OpenCodeHost['config'], env: OpenCodeHost['env']): string => {
  const named = repository ?? env['GITHUB_REPOSITORY'] ?? '';
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(named)) return named;
  const wrong = named === '' ? 'no repository is named' : `GITHUB_REPOSITORY is no repository: ${named.slice(0, 140)}`;
  throw new Failure(`${wrong}, so there are no pull requests to look at`, {
    next: `write \`github: { repository: owner/name }\` in ${file}, or set GITHUB_REPOSITORY`,
  });
};

/** The token goes there: in the clear only to this very machine, where the emulator is. */
const apiOf = (text: string | undefined): string => {
  const address = (text ?? '') === '' ? ownApi : (text ?? '').replace(/\/+$/, '');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const plain = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if ((url?.protocol === 'https:' || plain) && url?.username === '' && url.search === '' && url.hash === '')
    return address;
  throw new Failure('GITHUB_API_URL is no address of an API that a token may be sent to', {
    next: `unset it for ${ownApi}, or write https://HOST/api/v3 for an enterprise server`,
  });
};
