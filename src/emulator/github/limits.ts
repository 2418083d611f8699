import { GitHubError } from './errors.ts';

/*
 * docs.github.com, Rate limits for the REST API: an hourly budget per token (1,000 a repository for GITHUB_TOKEN, 5,000
 * else), and secondary limits: 900 points a minute (a read is 1, a write 5) and 80 requests a minute that make content.
 */
export interface GitHubLimits {
  readonly perHour: number;
  readonly pointsPerMinute: number;
  readonly contentPerMinute: number;
}
export const gitHubLimits: GitHubLimits = { perHour: 1_000, pointsPerMinute: 900, contentPerMinute: 80 };

export interface GitHubBudget {
  /** Counts a request and throws where a limit is met. */
  take(method: string, path: string): void;
  headers(): Record<string, string>;
  /** Leaves so many until the hour is over. */
  setRemaining(remaining: number): void;
  primary(resetSeconds: number, status: number): GitHubError;
  secondary(retryAfter: number, status: number): GitHubError;
}
const hour = 3_600_000;
const minute = 60_000;
const documentation = 'using-the-rest-api/rate-limits-for-the-rest-api';
const secondaryText =
  'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' +
  ' If you reach out to GitHub Support for help, please include the request ID.';

export const createGitHubBudget = (limits: GitHubLimits, now: () => number): GitHubBudget => {
  let used = 0;
  let reset = now() + hour;
  let points: { readonly at: number; readonly worth: number }[] = [];
  let content: number[] = [];
  const roll = (): void => {
    if (now() < reset) return;
    used = 0;
    reset = now() + hour;
  };
  const primary = (resetAt: number, status: number): GitHubError =>
    new GitHubError(status, 'API rate limit exceeded for installation ID 4711.', {
      documentation,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(resetAt / 1000)) },
    });
  const secondary = (retryAfter: number, status: number): GitHubError =>
    new GitHubError(status, secondaryText, { documentation, headers: { 'retry-after': String(retryAfter) } });
  const takeSecondary = (method: string, path: string): void => {
    const since = now() - minute;
    points = points.filter(({ at }) => at > since);
    content = content.filter((at) => at > since);
    const worth = method === 'GET' ? 1 : 5;
    const makesContent = method === 'POST' && /\/(comments|issues)$/.test(path);
    const spent = points.reduce((sum, one) => sum + one.worth, 0);
    if (spent + worth > limits.pointsPerMinute) throw secondary(60, 403);
    if (makesContent && content.length >= limits.contentPerMinute) throw secondary(60, 403);
    points.push({ at: now(), worth });
    if (makesContent) content.push(now());
  };
  return {
    take: (method, path) => {
      roll();
      if (used >= limits.perHour) throw primary(reset, 403);
      used += 1;
      takeSecondary(method, path);
    },
    headers: () => ({
      'x-ratelimit-limit': String(limits.perHour),
      'x-ratelimit-remaining': String(Math.max(0, limits.perHour - used)),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(Math.ceil(reset / 1000)),
      'x-ratelimit-resource': 'core',
    }),
    setRemaining: (remaining) => {
      roll();
      used = Math.max(0, limits.perHour - remaining);
    },
    primary: (seconds, status) => primary(now() + seconds * 1000, status),
    secondary,
  };
};
