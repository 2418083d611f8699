import { z } from 'zod';

/*
 * What we read of GitHub's events (https://docs.github.com/en/webhooks/webhook-events-and-payloads). Other keys are left
 * unread. Numbers of pull requests are judged apart, for what is no number of one deserves its own sentence.
 */

const text = z.string().min(1).max(500);
/** Of SHA-1, or of SHA-256 as git will have it. */
export const commitSha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

const account = z.object({ login: text.max(100), type: z.string().optional() });
const number = z.number();
const instant = z.iso.datetime({ offset: true });

export const originSchema = z.object({ repository: z.object({ full_name: text, id: z.number().optional() }) });

export const pullRequestSchema = z.object({
  action: text,
  number,
  pull_request: z.object({ head: z.object({ sha: commitSha }), updated_at: instant }),
  sender: account,
});

/** GitHub takes no longer comment. */
const bodyMax = 65_536;

export const issueCommentSchema = z.object({
  action: text,
  issue: z.object({ number, pull_request: z.object({}).nullish() }),
  comment: z.object({
    id: z.int().positive(),
    /** Gone with its account. */
    user: account.nullable(),
    author_association: text.max(100).default('NONE'),
    body: z.string().max(bodyMax).nullish(),
    created_at: instant,
  }),
});

const written = z.object({
  /** Gone with its account. */
  user: account.nullable(),
  author_association: text.max(100).default('NONE'),
});
export const reviewSchema = z.object({
  action: text,
  pull_request: z.object({ number, updated_at: instant }),
  review: written,
  sender: account,
});
export const codeCommentSchema = z.object({
  action: text,
  pull_request: z.object({ number, updated_at: instant }),
  comment: written,
  sender: account,
});

export const workflowRunSchema = z.object({
  action: text,
  workflow_run: z.object({
    head_sha: commitSha,
    conclusion: z.string().max(100).nullish(),
    html_url: z.string().max(2_000).nullish(),
    /** Empty for forks. */
    pull_requests: z
      .array(
        z.object({
          number,
          head: z.object({ sha: z.string() }).optional(),
          base: z.object({ repo: z.object({ id: z.number() }) }).optional(),
        }),
      )
      .nullish(),
  }),
});

export const pushSchema = z.object({ after: commitSha });
