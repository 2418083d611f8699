import type { z } from 'zod';
import { belongs, type CodeHost } from '../ports/code-host.ts';
import type { GitHubClient, Page } from './client.ts';
import { isPullNumber } from './pulls.ts';
import { reviewsSchema } from './wire.ts';

const perPage = 100;
/** Besides the first: so many reviews in a row by bots and strangers hide nobody who comes before them. */
const pagesMost = 3;

type Reviews = z.infer<typeof reviewsSchema>;

/**
 * GitHub lists reviews oldest first and knows no other order, so it is the last page that counts. A single comment on
 * the code is a review, too.
 */
export const reviewsOf = (client: GitHubClient): Pick<CodeHost, 'reviewedAt'> => ({
  reviewedAt: async (number) => {
    if (!isPullNumber(number)) return null;
    const first = await pageOf(client, number, 1);
    for (let page = first.last; page > Math.max(1, first.last - pagesMost); page -= 1) {
      const at = latestIn((await pageOf(client, number, page)).data);
      if (at !== null) return at;
    }
    return latestIn(first.data);
  },
});

const pageOf = (client: GitHubClient, number: number, page: number): Promise<Page<Reviews>> =>
  client.page({
    what: `read the reviews of pull request ${number}`,
    route: 'GET /repos/{owner}/{repo}/pulls/{number}/reviews',
    params: { number, per_page: perPage, page },
    needs: 'pull_requests=read',
    schema: reviewsSchema,
  });

const latestIn = (reviews: Reviews): string | null =>
  reviews.filter(counts).reduce<string | null>((latest, { submitted_at: at }) => {
    if (at === null || at === undefined) return latest;
    return latest === null || Date.parse(at) > Date.parse(latest) ? at : latest;
  }, null);

const counts = ({ user, author_association }: Reviews[number]): boolean =>
  user !== null &&
  user !== undefined &&
  user.type !== 'Bot' &&
  !user.login.endsWith('[bot]') &&
  belongs(author_association);
