import type { Images, PreviewMode } from '../domain/preview.ts';
import type { Account } from '../ports/code-host.ts';

/** What a comment may ask for; one command a comment, on a line of its own. */
export type Command =
  /** `sha`: `/deploy 1a2b3c4`, at least seven digits; null: what our comment asked to approve. */
  | { readonly name: 'deploy'; readonly sha: string | null }
  | { readonly name: 'redeploy' | 'destroy' | 'status' | 'help' }
  | { readonly name: 'logs'; readonly job: string | null }
  | { readonly name: 'extend'; readonly ms: number };

export type ParsedComment =
  | { readonly kind: 'none' }
  | { readonly kind: 'command'; readonly command: Command }
  /** A line that begins like a command and is none; `typed` is anybody's text. */
  | { readonly kind: 'unknown'; readonly typed: string; readonly because: string };

/** Why somebody should look. An event never says how things are, only where to look now. */
export type Wake =
  | {
      readonly kind: 'pull-request';
      readonly number: number;
      readonly action: 'opened' | 'ready' | 'pushed' | 'draft' | 'closed' | 'reopened' | 'other';
      readonly sender: string;
    }
  | {
      readonly kind: 'comment';
      readonly number: number;
      readonly id: number;
      readonly author: Account;
      readonly body: string;
      readonly createdAt: string;
    }
  /** A review, or a comment on the code: somebody works on it. */
  | { readonly kind: 'review'; readonly number: number; readonly sender: string }
  /** A workflow built images for a commit; `number` null: whoever has that head commit. */
  | { readonly kind: 'built'; readonly number: number | null; readonly sha: string; readonly images: Images }
  /** Another repository, a push to no pull request, an event nobody needs. */
  | { readonly kind: 'ignored'; readonly because: string };

/** Why there is, or is not, a preview: the verdict on one pull request. */
export type Verdict =
  | { readonly action: 'deploy'; readonly sha: string; readonly images: Images | null; readonly redeploy: boolean }
  /** As it should be. */
  | { readonly action: 'keep' }
  | { readonly action: 'stop'; readonly because: 'idle' }
  | { readonly action: 'destroy'; readonly because: GoneBecause }
  /** Nothing is there, and nothing is made now. */
  | { readonly action: 'none'; readonly because: NotBecause };
export type GoneBecause =
  | 'closed'
  | 'merged'
  | 'draft'
  | 'dismissed'
  | 'expired'
  | 'evicted'
  | 'not-approved'
  | 'unknown-pull-request';
export type NotBecause =
  | GoneBecause
  | 'waiting-for-approval'
  | 'waiting-for-images'
  | 'waiting-for-place'
  | 'author-limit'
  | 'budget'
  | 'failed-before';

/** All that the one comment shows; texts of people are raw here, and harmless in what `commentText` makes of them. */
export interface CommentView {
  readonly pullRequest: number;
  readonly environment: string;
  readonly state:
    | 'creating'
    | 'updating'
    | 'deployed'
    | 'failed'
    | 'stopped'
    | 'destroyed'
    | 'waiting-for-approval'
    | 'waiting-for-images'
    | 'waiting-for-place'
    | 'author-limit'
    | 'budget'
    | 'draft';
  readonly mode: PreviewMode;
  readonly url: string | null;
  /** Head commit of the pull request, and what answers now where that is another. */
  readonly headSha: string;
  readonly deployedSha: string | null;
  readonly images: Images | null;
  /** Euro cents since it was made, and what a month of it costs; null: not known. */
  readonly costSoFarCents: number | null;
  readonly monthlyCents: number | null;
  /** ISO 8601: when it goes by itself. */
  readonly goesAt: string | null;
  /** Why, in a sentence; may hold text of programs and people. */
  readonly detail: string | null;
  /** At the cap: who has the places, longest first. */
  readonly holders: readonly { readonly environment: string; readonly since: string; readonly idleMs: number | null }[];
  readonly approvedBy: string | null;
  /** Of the run that wrote this; null: by hand. */
  readonly runUrl: string | null;
  readonly updatedAt: string;
}
