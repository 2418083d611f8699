import { createGitHubEmulator, type EmulatedGitHub, type GitHubOptions } from '../../../src/emulator/github/github.ts';

/** acme/shop, which is private: Ann writes, Rob only reads. */
export const acmeShop = (options: Partial<GitHubOptions> = {}): EmulatedGitHub =>
  createGitHubEmulator({ repository: 'acme/shop', people: { ann: 'write', rob: 'read' }, ...options });

export interface Answered {
  readonly status: number;
  readonly body: never;
  readonly headers: Headers;
}
/** A call as curl would make it. */
export const ask = async (
  github: EmulatedGitHub,
  method: string,
  path: string,
  { body, token = github.token }: { readonly body?: unknown; readonly token?: string } = {},
): Promise<Answered> => {
  const headers = { authorization: `Bearer ${token}` };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await github.fetch(new Request(`https://api.github.com${path}`, { method, headers, ...sent }));
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as never, headers: response.headers };
};
