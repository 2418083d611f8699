import type { CodeHost } from '../ports/code-host.ts';
import { createGitHubClient, type GitHubAccess } from './client.ts';
import { commentsOf } from './comments.ts';
import { deploymentsOf } from './deployments.ts';
import { issuesOf } from './issues.ts';
import { pullsOf } from './pulls.ts';
import { reviewsOf } from './reviews.ts';

/** GitHub's REST API as the CodeHost of one repository. Nothing is asked before the first call. */
export const createGitHub = (access: GitHubAccess): CodeHost => {
  const client = createGitHubClient(access);
  return {
    repository: access.repository,
    ...pullsOf(client, access.repository),
    ...reviewsOf(client),
    ...commentsOf(client),
    ...deploymentsOf(client),
    ...issuesOf(client),
    usage: () => ({ ...client.usage }),
  };
};
