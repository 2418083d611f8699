import type { PreviewRecord, Said } from '../domain/preview.ts';
import type { Permission, PullRequest } from '../ports/code-host.ts';
import { commandText, parseComment } from './commands.ts';
import { type Asked, environmentOf, errorOf, type Life } from './context.ts';
import { decide } from './decide.ts';
import type { Given } from './look.ts';
import * as records from './records.ts';
import { canWrite, trustOf } from './trust.ts';
import type { Answer, Command, ParsedComment, UnknownCommand, Verdict, Wake } from './types.ts';

type Comment = Extract<Wake, { kind: 'comment' }>;

/** What a comment led to. `given`: a look is due, with what is known already. */
export interface Heard {
  readonly notes: readonly string[];
  readonly problems: readonly Error[];
  readonly given: Given | null;
  /** Another process dealt with it. */
  readonly again: boolean;
  /** To be said after the look, if it comes to this verdict. */
  readonly afterwards: ((verdict: Verdict) => Promise<readonly Error[]>) | null;
}

interface Hearing {
  readonly life: Life;
  readonly comment: Comment;
  readonly environment: string;
  /** When it was written, by the host's clock, with milliseconds. */
  readonly at: string;
  readonly asked: Asked;
  readonly usedBefore: number;
  readonly problems: Error[];
}

const nothing = (...notes: readonly string[]): Heard => ({
  notes,
  problems: [],
  given: null,
  again: false,
  afterwards: null,
});
const before = ({ comment }: Hearing): Heard => ({
  ...nothing(`comment ${comment.id} on pull request ${comment.number} was dealt with before`),
  again: true,
});

/**
 * Carries out the command of a comment, or answers it. Once: the id of the comment is written down together with what
 * it changes, so the same event coming twice does nothing. Throws CodeHostError.
 */
export const hear = async (life: Life, comment: Comment): Promise<Heard> => {
  const parsed = parseComment(comment.body);
  if (parsed.kind === 'none') return nothing('a comment without a command');
  const environment = environmentOf(comment.number);
  const record = (await life.world.records())[environment];
  if (record?.answered?.includes(comment.id)) return nothing(`comment ${comment.id} was dealt with before`);
  const { login } = comment.author;
  const usedBefore = life.host.usage().requests;
  const permission = await life.host.permissionOf(login);
  const asked: Asked = new Map([[login, { permission, at: life.clock.now() }]]);
  const at = records.isoOf(comment.createdAt);
  const hearing: Hearing = { life, comment, environment, at, asked, usedBefore, problems: [] };
  const heard = await deal(hearing, record, { parsed, permission });
  return { ...heard, problems: [...hearing.problems] };
};

const deal = async (
  hearing: Hearing,
  record: PreviewRecord | undefined,
  {
    parsed,
    permission,
  }: { readonly parsed: Exclude<ParsedComment, { kind: 'none' }>; readonly permission: Permission },
): Promise<Heard> => {
  if (!canWrite(permission)) return parsed.kind === 'unknown' ? nothing() : refuse(hearing, record, parsed.command);
  if (parsed.kind === 'unknown') return answerOnce(hearing, record, async () => unknown(parsed));
  const { command, second } = parsed;
  const heard = isAnswered(command)
    ? await answerOnce(hearing, record, () => answerTo(hearing, command))
    : await change(hearing, record, command);
  if (second !== null && !heard.again) await reply(hearing, unknown(second));
  return heard;
};

const unknown = ({ typed, because }: UnknownCommand): Answer => ({ kind: 'unknown', typed, because });

type Answered = Exclude<Command, { name: 'deploy' | 'extend' }>;
const isAnswered = (command: Command): command is Answered =>
  command.name === 'status' || command.name === 'logs' || command.name === 'help';

/** Whoever may not is told so once, however often it is tried: nobody makes us write a hundred comments. */
const refuse = async (hearing: Hearing, record: PreviewRecord | undefined, command: Command): Promise<Heard> => {
  const { login } = hearing.comment.author;
  if (record?.refused?.includes(login)) return nothing(`${login} was told before that this takes write access`);
  const claimed = await claim(hearing, record, (before) =>
    before.refused?.includes(login) ? before : records.refused(before, login),
  );
  if (claimed === null) return before(hearing);
  await reply(hearing, {
    kind: 'refused',
    typed: commandText(command),
    because: 'only people who can write to this repository give commands to its previews',
    next: null,
  });
  return nothing(`refused ${login}`);
};

const answerOnce = async (
  hearing: Hearing,
  record: PreviewRecord | undefined,
  answer: () => Promise<Answer>,
): Promise<Heard> => {
  const claimed = await claim(hearing, record, (before) => records.active(before, hearing.at));
  if (claimed === null) return before(hearing);
  await reply(hearing, await answer());
  return nothing('answered');
};

const logLines = 60;
const answerTo = async ({ life, comment }: Hearing, command: Answered): Promise<Answer> => {
  const { number } = comment;
  try {
    if (command.name === 'logs') {
      const { job } = command;
      return { kind: 'logs', outputs: await life.world.logs(number, job, logLines) };
    }
    if (command.name === 'help') return { kind: 'help' };
    return { kind: 'status', url: life.world.urlOf(number), lines: await life.world.status(number) };
  } catch (error) {
    return { kind: 'failed', typed: commandText(command), message: errorOf(error).message, runUrl: life.runUrl };
  }
};

const change = async (hearing: Hearing, record: PreviewRecord | undefined, command: Command): Promise<Heard> => {
  const { life, comment, asked, usedBefore } = hearing;
  const pullRequest = await life.host.pullRequest(comment.number);
  if (pullRequest === null) return nothing(`there is no pull request ${comment.number}`);
  const { login } = pullRequest.author;
  // Only where the author writes the command is the author's permission among the answers.
  const trust = trustOf(pullRequest, undefined, asked.get(login)?.permission, life.host.repository);
  const said: Said = { by: comment.author.login, at: hearing.at };
  const asking = { said, now: life.clock.now(), byTrustedAuthor: trust === 'trusted' };
  const decided = decide(asking, record, command, pullRequest);
  const claimed = await claim(hearing, record, 'refusal' in decided ? (before) => before : decided.change, pullRequest);
  if (claimed === null) return before(hearing);
  if ('refusal' in decided) {
    await reply(hearing, decided.refusal);
    return nothing('refused');
  }
  if (decided.answer !== undefined) await reply(hearing, decided.answer);
  const { unless } = decided;
  return {
    ...nothing(),
    given: {
      pullRequest,
      asked,
      usedBefore,
      repliesUnapproved: unless !== undefined,
      first: claimed.first,
      doubts: command.name === 'deploy',
    },
    afterwards:
      unless === undefined
        ? null
        : async (verdict) => {
            if (!('because' in verdict) || verdict.because !== 'waiting-for-approval') return [];
            const before = hearing.problems.length;
            await reply(hearing, unless);
            return hearing.problems.slice(before);
          },
  };
};

/** Writes the id down with what it changes; null: another process was faster. */
const claim = async (
  hearing: Hearing,
  record: PreviewRecord | undefined,
  change: (before: PreviewRecord) => PreviewRecord,
  known?: PullRequest,
): Promise<{ readonly first: boolean } | null> => {
  const { life, comment, environment } = hearing;
  const pullRequest = record === undefined ? (known ?? (await life.host.pullRequest(comment.number))) : known;
  if (record === undefined && (pullRequest === undefined || pullRequest === null)) return null;
  let won = false;
  let first = false;
  await life.world.record(environment, (before) => {
    first = before === undefined;
    const start =
      before ?? (pullRequest ? records.firstRecord(pullRequest, new Date(life.clock.now()).toISOString()) : undefined);
    won = start !== undefined && start.answered?.includes(comment.id) !== true;
    return won && start !== undefined ? records.answered(change(start), comment.id) : before;
  });
  return won ? { first } : null;
};

const reply = async ({ life, comment, problems }: Hearing, answer: Answer): Promise<void> => {
  const { number, author } = comment;
  try {
    await life.host.reply(number, life.words.answerText(answer, { pullRequest: number, login: author.login }));
  } catch (error) {
    problems.push(errorOf(error));
  }
};
