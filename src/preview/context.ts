import { environmentName, targetOfName } from '../domain/environment.ts';
import type { Hash } from '../domain/fingerprint.ts';
import { type Clock, isoNow } from '../ports/clock.ts';
import type { CodeHost, Permission } from '../ports/code-host.ts';
import type { ExistingPreview, PreviewWorld } from '../ports/previews.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { Verdict, Words } from './types.ts';

/** What the life cycle works with. */
export interface Life {
  readonly host: CodeHost;
  readonly world: PreviewWorld;
  readonly clock: Clock;
  readonly words: Words;
  readonly hash: Hash;
  /** `https://github.com/acme/shop`; null: commits are not linked. */
  readonly repositoryUrl: string | null;
  /** Of the run that this is; null: by hand. */
  readonly runUrl: string | null;
  readonly reporter?: Pick<Reporter, 'phase' | 'notice'>;
}

/** How one look ended. */
export interface Looked {
  readonly pullRequest: number;
  readonly environment: string;
  /** The last one; null: it never came to one. */
  readonly verdict: Verdict | null;
  /** Head commit that the verdict is about. */
  readonly head: string | null;
  /** What was changed, a sentence each: `deployed 1a2b3c4 to pr-7`. */
  readonly did: readonly string[];
  /** Another run is at it, and was after all waiting; it looks again itself when it is done. */
  readonly held: string | null;
  readonly problems: readonly Error[];
}

/** How an event, or a sweep, ended. */
export interface Report {
  readonly looked: readonly Looked[];
  /** Why nothing was done, and what was done besides previews. */
  readonly notes: readonly string[];
  /** Of everything, those of the looks too. */
  readonly problems: readonly Error[];
}

/** failed before held: what went wrong must not hide behind what only takes time. */
export const resultOf = ({ looked, problems }: Report): 'ok' | 'held' | 'failed' => {
  if (problems.length > 0) return 'failed';
  return looked.some(({ held }) => held !== null) ? 'held' : 'ok';
};

/** What is in the cloud, as one process sees it: it takes out and puts in what it destroys and makes. */
export interface Cloud {
  complete: boolean;
  previews: readonly ExistingPreview[];
}

/** Answers about people, of one event or sweep, and when they came. */
export type Asked = Map<string, { readonly permission: Permission; readonly at: number }>;

/** Of ours, per event: what is left to show after that is shown by the next look. */
export const requestsMax = 8;

export const environmentOf = (pullRequest: number): string => environmentName({ type: 'pr', pullRequest });
export const numberOf = (environment: string): number | undefined => targetOfName(environment)?.pullRequest;
export const nowOf = ({ clock }: Life): string => isoNow(clock);
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
