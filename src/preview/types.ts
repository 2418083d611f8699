import type { Images, PreviewPolicy } from '../domain/preview.ts';
import type { Account } from '../ports/code-host.ts';

/** What a comment may ask for; one command a comment, on a line of its own. */
export type Command =
  /** `sha`: as it was typed, in part or whole: only a whole one approves; null: what our comment asked to approve. */
  | { readonly name: 'deploy'; readonly sha: string | null }
  | { readonly name: 'redeploy' | 'destroy' | 'status' | 'help' }
  | { readonly name: 'logs'; readonly job: string | null }
  | { readonly name: 'extend'; readonly ms: number };

/** A line that begins like a command and is none; `typed` is anybody's text. */
export interface UnknownCommand {
  readonly typed: string;
  readonly because: string;
}

export type ParsedComment =
  | { readonly kind: 'none' }
  /** `second`: a further command in the same comment; it is not carried out, and answered like an unknown one. */
  | { readonly kind: 'command'; readonly command: Command; readonly second: UnknownCommand | null }
  | ({ readonly kind: 'unknown' } & UnknownCommand);

/** Why somebody should look. An event never says how things are, only where to look now. */
export type Wake =
  | {
      readonly kind: 'pull-request';
      readonly number: number;
      readonly action: 'opened' | 'ready' | 'pushed' | 'draft' | 'closed' | 'reopened' | 'other';
      readonly sender: string;
      /** ISO 8601, the code host's clock: when it happened (`pull_request.updated_at`). */
      readonly at: string;
      /** The workflow of this very event built them (a build and a deploy in one workflow); means the same as `built`. */
      readonly built: { readonly sha: string; readonly images: Images } | null;
    }
  | {
      readonly kind: 'comment';
      readonly number: number;
      readonly id: number;
      readonly author: Account;
      readonly body: string;
      readonly createdAt: string;
    }
  /** A review, or a comment on the code: somebody works on it, if `author` belongs to the repository. */
  | { readonly kind: 'review'; readonly number: number; readonly author: Account; readonly at: string }
  /** A workflow built images for a commit; `number` null: whoever has that head commit. */
  | { readonly kind: 'built'; readonly number: number | null; readonly sha: string; readonly images: Images }
  /** The workflow that should have built images for a commit ended otherwise; `conclusion` as GitHub calls it: `failure`. */
  | {
      readonly kind: 'build-failed';
      readonly number: number | null;
      readonly sha: string;
      readonly conclusion: string;
      readonly runUrl: string | null;
    }
  /** Another repository, a push to no pull request, an event nobody needs. */
  | { readonly kind: 'ignored'; readonly because: string };

/** Why there is, or is not, a preview: the verdict on one pull request. */
export type Verdict =
  | { readonly action: 'deploy'; readonly sha: string; readonly images: Images | null; readonly redeploy: boolean }
  /** What is there stays as it is; `because`: though the head commit is another. */
  | { readonly action: 'keep'; readonly because: KeptBecause | null }
  | { readonly action: 'stop'; readonly because: 'idle' }
  | { readonly action: 'destroy'; readonly because: GoneBecause }
  /** Nothing is there, nor made now, but its place is still taken. */
  | { readonly action: 'free' }
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
export type KeptBecause = 'waiting-for-approval' | 'waiting-for-images' | 'build-failed' | 'failed-before' | 'idle';
export type NotBecause =
  | GoneBecause
  | 'idle'
  | 'build-failed'
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
  /** destroyed: why. null: for another reason, which `detail` tells. */
  readonly because: GoneBecause | null;
  /** Of infra.yaml: TTL, idle stop, cap, mode. */
  readonly policy: PreviewPolicy;
  /** `https://github.com/acme/shop`: what links begin with; null: commits are not linked. */
  readonly repositoryUrl: string | null;
  /** Login of the pull request's author. */
  readonly author: string;
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
  /** Login of whoever said `/destroy`. */
  readonly dismissedBy: string | null;
  /** Of the run that wrote this; null: by hand. */
  readonly runUrl: string | null;
  readonly updatedAt: string;
}

/** What is said once, in a comment of its own, to whoever gave a command. */
export type Answer =
  /** Lines as `status` prints them. */
  | { readonly kind: 'status'; readonly url: string | null; readonly lines: readonly string[] }
  /** Newest lines last; cut from the front to fit. */
  | { readonly kind: 'logs'; readonly outputs: readonly { readonly job: string; readonly text: string }[] }
  | { readonly kind: 'help' }
  | ({ readonly kind: 'unknown' } & UnknownCommand)
  /** `because`: a sentence, `next`: what to write instead (`/deploy <commit>`), shown as code. */
  | { readonly kind: 'refused'; readonly typed: string; readonly because: string; readonly next: string | null }
  | { readonly kind: 'extended'; readonly until: string }
  /** It was tried and went wrong; `message` may be many lines of programs. */
  | { readonly kind: 'failed'; readonly typed: string; readonly message: string; readonly runUrl: string | null };

/**
 * The texts of previews; `createWords` makes them of the templates. Pure, and for any view or answer: whatever people
 * and programs wrote into it, the Markdown has no HTML, link or mention but ours and fits into a comment.
 */
export interface Words {
  /** Begins with `marker`, by which the one comment of a pull request is found again. */
  commentText(view: CommentView): string;
  marker(pullRequest: number): string;
  /** `to`: login of whoever asked; named, not notified. */
  answerText(answer: Answer, to: { readonly pullRequest: number; readonly login: string }): string;
  /** Of the check run: a title in plain text, the summary in Markdown. */
  checkText(view: CommentView): { readonly title: string; readonly summary: string };
}
