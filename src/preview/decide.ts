import type { PreviewRecord, Said } from '../domain/preview.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { commandText } from './commands.ts';
import * as records from './records.ts';
import { approvalOf } from './trust.ts';
import type { Answer, Command } from './types.ts';

/** What a command of somebody who may give it changes, or why it changes nothing. */
export type Decided =
  | { readonly refusal: Answer }
  | {
      readonly change: (before: PreviewRecord) => PreviewRecord;
      readonly answer?: Answer;
      /** Said if the head turns out to need an approval that this was not. */
      readonly unless?: Answer;
    };

const extensionMax = 7 * 24 * 3_600_000;

export interface Asking {
  readonly said: Said;
  /** Milliseconds. */
  readonly now: number;
  /** Whoever says it is the author, and may write: what is in the head commit is known to them. */
  readonly byTrustedAuthor: boolean;
}

export const decide = (
  { said, now, byTrustedAuthor }: Asking,
  record: PreviewRecord | undefined,
  command: Command,
  pullRequest: PullRequest,
): Decided => {
  const typed = commandText(command);
  if (command.name === 'destroy') return { change: (before) => records.saidDestroy(before, said) };
  const closed = pullRequest.state === 'closed';
  if (closed || pullRequest.draft)
    return {
      refusal: {
        kind: 'refused',
        typed,
        because: `the pull request is ${closed ? 'closed' : 'a draft'}, and only open ones that are ready for review have a preview`,
        next: null,
      },
    };
  if (command.name === 'redeploy') return { change: (before) => records.saidRedeploy(before, said) };
  if (command.name === 'extend') {
    const until = new Date(now + Math.min(command.ms, extensionMax)).toISOString();
    return { change: (before) => records.extendedTo(before, until, said.at), answer: { kind: 'extended', until } };
  }
  const sha = command.name === 'deploy' ? command.sha : null;
  return approve({ said, sha, typed, byTrustedAuthor }, record, pullRequest);
};

interface Approving {
  readonly said: Said;
  readonly sha: string | null;
  readonly typed: string;
  readonly byTrustedAuthor: boolean;
}

const approve = (
  { said, sha, typed, byTrustedAuthor }: Approving,
  record: PreviewRecord | undefined,
  pullRequest: PullRequest,
): Decided => {
  const approval = approvalOf({ sha, at: said.at }, pullRequest.headSha, record?.asked);
  if ('sha' in approval) return { change: (before) => records.saidDeploy(before, said, approval.sha) };
  if (sha === null && byTrustedAuthor)
    return { change: (before) => records.saidDeploy(before, said, pullRequest.headSha) };
  const refusal: Answer = { kind: 'refused', typed, ...approval };
  // Where the author is trusted, `/deploy` approves nothing and only says that it is wanted.
  return sha === null ? { change: (before) => records.saidDeploy(before, said, null), unless: refusal } : { refusal };
};
