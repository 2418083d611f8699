import type { RequestCount } from '../domain/observation.ts';
import type { Images } from '../domain/preview.ts';

/** What woke us, as the code host told it: anybody's text. */
export interface WakingEvent {
  /** `pull_request`, `issue_comment`, `workflow_run` … */
  readonly name: string;
  /** Where it was read from, for messages; and what was in there. */
  readonly file: string;
  readonly text: string;
  /** Images that were built, by job, and for which commit; {}: the event brings none. */
  readonly images: Images;
  readonly sha: string | null;
}

/** How one pull request was found, what was decided about it and why, and what was done. Texts are harmless to nobody yet. */
export interface LookedAt {
  readonly pullRequest: number;
  /** `pr-7` */
  readonly environment: string;
  /** In a word, as the comment says it: `deployed`, `waiting-for-place`. */
  readonly state: string;
  /** Head commit that this is said of; null: nobody could say which. */
  readonly sha: string | null;
  /** What came of it: `kept` is what stays as it was, `none` what is not there and stays away. */
  readonly action: 'deployed' | 'stopped' | 'destroyed' | 'kept' | 'none' | 'undecided';
  /** Why, in a sentence. */
  readonly because: string | null;
  /** One sentence each, in their order. */
  readonly did: readonly string[];
  readonly url: string | null;
  readonly comment: string | null;
  /** `waiting`: for somebody's word, for images, for a place; nothing went wrong. `held`: another run is at it. */
  readonly end: 'done' | 'waiting' | 'held' | 'failed';
  /** What failed or is held, and what to do about it. */
  readonly trouble: string | null;
}

export interface LifeReport {
  /** Why the event concerns nobody; null: it does. */
  readonly ignored: string | null;
  readonly looked: readonly LookedAt[];
  /** What was done beside previews, a sentence each. */
  readonly notes: readonly string[];
  /** What went wrong beside them: a list that did not come whole, so that nothing was concluded from it. */
  readonly problems: readonly string[];
  readonly requests: { readonly github: number; readonly githubLeft: number | null; readonly hetzner: RequestCount };
}

/** The life of previews: whoever calls says only that somebody should look. Throws Failure where nobody can look at all. */
export interface PreviewLife {
  event(event: WakingEvent): Promise<LifeReport>;
  /** `dry`: says what it would do. */
  sweep(options: { readonly dry: boolean }): Promise<LifeReport>;
}
