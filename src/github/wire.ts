import { z } from 'zod';

/*
 * What we read of GitHub's answers (docs.github.com/rest, version 2022-11-28); the rest is left alone. An account that was
 * deleted is null.
 */
const moment = z.iso.datetime({ offset: true });
export const account = z.object({ login: z.string(), type: z.string().optional() });
export type GitHubAccount = z.infer<typeof account>;

export const pullSchema = z.object({
  number: z.int().positive(),
  state: z.enum(['open', 'closed']),
  merged_at: moment.nullish(),
  draft: z.boolean().optional(),
  user: account.nullable(),
  author_association: z.string(),
  title: z.string(),
  head: z.object({
    sha: z.string().regex(/^[0-9a-f]{40,64}$/),
    ref: z.string(),
    repo: z.object({ full_name: z.string() }).nullish(),
  }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }) }),
  labels: z.array(z.object({ name: z.string() })).default([]),
  created_at: moment,
  updated_at: moment,
  closed_at: moment.nullish(),
});
export const pullsSchema = z.array(pullSchema);

/** Not submitted yet: only its author sees that one. */
export const reviewsSchema = z.array(
  z.object({ user: account.nullish(), author_association: z.string(), submitted_at: moment.nullish() }),
);

export const repositorySchema = z.object({ full_name: z.string() });
export const permissionSchema = z.object({ permission: z.string(), role_name: z.string().optional() });
export const identified = z.object({ id: z.int().positive() });

export const commentSchema = z.object({
  id: z.int().positive(),
  user: account.nullish(),
  body: z.string().nullish(),
});
export const commentsSchema = z.array(commentSchema);

export const issueSchema = z.object({
  number: z.int().positive(),
  title: z.string(),
  body: z.string().nullish(),
  user: account.nullish(),
  /** Pull requests are in the lists of issues, too. */
  pull_request: z.unknown().optional(),
});
export const issuesSchema = z.array(issueSchema);

export const deploymentsSchema = z.array(
  z.object({ id: z.int().positive(), sha: z.string(), environment: z.string() }),
);
export const checksSchema = z.object({ check_runs: z.array(z.object({ id: z.int().positive(), name: z.string() })) });
/** Of a refusal. */
export const refusalSchema = z.object({
  message: z.string(),
  errors: z
    .array(
      z.union([
        z.string(),
        z.object({ field: z.string().optional(), code: z.string().optional(), message: z.string().optional() }),
      ]),
    )
    .optional()
    .catch(undefined),
});
