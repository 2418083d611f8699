import { openCodeHost } from '../../src/compose/code-host.ts';
import { CodeHostError } from '../../src/domain/errors.ts';
import type { EmulatedGitHub } from '../../src/emulator/github/github.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';

export const hostOf = (github: EmulatedGitHub, token: string = github.token, repository = 'acme/shop'): CodeHost =>
  openCodeHost({
    config: { file: 'infra.yaml', repository },
    env: { GITHUB_TOKEN: token },
    clock: github.clock,
    onSecret: () => {},
    fetch: github.fetch,
  });

/** The requests that `work` made: `GET pulls/1 404`. */
export const requestsOf = async (github: EmulatedGitHub, work: () => Promise<unknown>): Promise<string[]> => {
  const before = github.requests.length;
  await work();
  return github.requests
    .slice(before)
    .map(
      ({ method, path, status }) =>
        `${method} ${path.replace('/repos/acme/shop', '').replace(/^\//, '').split('?')[0]} ${status}`,
    );
};

export const refusalOf = async (work: Promise<unknown>): Promise<CodeHostError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CodeHostError) return error;
  throw new Error(`no CodeHostError but ${String(error)}`);
};

export const check = { name: 'preview', title: 'Preview', summary: 'It answers', url: null } as const;
export const deployment = { environment: 'pr-1', url: 'https://pr-1.example.com', logUrl: null } as const;
