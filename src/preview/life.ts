import { Failure } from '../domain/errors.ts';
import type { Images } from '../domain/preview.ts';
import { belongs } from '../ports/code-host.ts';
import { hear } from './carry-out.ts';
import { type Asked, environmentOf, errorOf, type Life, type Looked, nowOf, type Report } from './context.ts';
import { serveWaiting } from './line.ts';
import { type Given, type LookResult, look } from './look.ts';
import { builtFor, firstRecord, isoOf, notBuilt, reopenedAt, reviewedAt } from './records.ts';
import { sweep } from './sweep.ts';
import type { Wake } from './types.ts';

/** What becomes of pull requests' previews: events only say where to look now. Nothing of it throws; see `resultOf`. */
export interface LifeCycle {
  on(wake: Wake): Promise<Report>;
  look(number: number): Promise<Report>;
  sweep(): Promise<Report>;
}

export const createLifeCycle = (life: Life): LifeCycle => ({
  on: (wake) => guarded(() => on(life, wake)),
  look: (number) => guarded(() => lookAround(life, number, {})),
  sweep: () => sweep(life),
});

/** The host or the state did not answer before anything was decided: nothing is concluded from that. */
const guarded = async (work: () => Promise<Report>): Promise<Report> => {
  try {
    return await work();
  } catch (error) {
    return { looked: [], notes: [], problems: [errorOf(error)] };
  }
};

const nothing = (...notes: readonly string[]): Report => ({ looked: [], notes, problems: [] });

const on = async (life: Life, wake: Wake): Promise<Report> => {
  switch (wake.kind) {
    case 'ignored':
      return nothing(wake.because);
    case 'comment':
      return onComment(life, wake);
    case 'pull-request':
      return onPullRequest(life, wake);
    case 'review':
      // Strangers keep nothing alive; nor does whoever hides to be a member, until they write a command.
      if (belongs(wake.author.association))
        await life.world.record(environmentOf(wake.number), (before) =>
          before === undefined ? undefined : reviewedAt(before, isoOf(wake.at)),
        );
      return lookAround(life, wake.number, {});
    case 'built':
      return onBuilt(life, wake, { sha: wake.sha, images: wake.images });
    case 'build-failed':
      return onBuilt(life, wake, {
        sha: wake.sha,
        message: `the build of its images ended: ${wake.conclusion}${wake.runUrl === null ? '' : ` (${wake.runUrl})`}`,
      });
  }
};

const onComment = async (life: Life, wake: Extract<Wake, { kind: 'comment' }>): Promise<Report> => {
  const { notes, problems, given, afterwards } = await hear(life, wake);
  if (given === null) return { looked: [], notes, problems };
  const report = await lookAround(life, wake.number, given);
  const verdict = report.looked[0]?.verdict ?? null;
  const later = afterwards === null || verdict === null ? [] : await afterwards(verdict);
  return { ...report, notes: [...notes, ...report.notes], problems: [...problems, ...report.problems, ...later] };
};

const onPullRequest = async (life: Life, wake: Extract<Wake, { kind: 'pull-request' }>): Promise<Report> => {
  const { number, action, at, built } = wake;
  if (action === 'reopened')
    await life.world.record(environmentOf(number), (before) =>
      before === undefined ? undefined : reopenedAt(before, isoOf(at)),
    );
  return built === null ? lookAround(life, number, {}) : onBuilt(life, { number, ...built }, built);
};

type Built = { readonly sha: string } & ({ readonly images: Images } | { readonly message: string });

/** Written down only for the head commit: what a late build has for an earlier one is of no use. */
const onBuilt = async (
  life: Life,
  { number, sha }: { readonly number: number | null; readonly sha: string },
  built: Built,
): Promise<Report> => {
  const usedBefore = life.host.usage().requests;
  const { items, complete } =
    number === null
      ? await life.host.openPullRequests()
      : { items: [await life.host.pullRequest(number)].filter((one) => one !== null), complete: true };
  const meant = items.filter(({ headSha }) => headSha === sha);
  const reports: Report[] = [];
  for (const pullRequest of meant) {
    let first = false;
    await life.world.record(environmentOf(pullRequest.number), (before) => {
      first = before === undefined;
      const now = nowOf(life);
      const record = before ?? firstRecord(pullRequest, now);
      return 'images' in built ? builtFor(record, sha, built.images, now) : notBuilt(record, sha, built.message, now);
    });
    reports.push(
      await lookAround(life, pullRequest.number, { pullRequest, first, usedBefore, listed: number === null }),
    );
  }
  if (reports.length > 0) return joined(reports);
  if (!complete) throw notAll(sha);
  // Its images are of no use, but somebody saw it change.
  if (number === null) return nothing(`no open pull request has the head commit ${sha}`);
  return lookAround(life, number, { pullRequest: items[0] ?? null, usedBefore });
};

/** The look at one, then at whoever made room for it, then at those that wait while there are places. */
const lookAround = async (life: Life, number: number, given: Given): Promise<Report> => {
  const asked: Asked = given.asked ?? new Map();
  const own = await look(life, number, { ...given, asked });
  const looked: Looked[] = [own];
  for (const victim of own.evicted) looked.push(await look(life, victim, { asked }));
  if (isTrustworthy(own))
    looked.push(...(await serveWaiting(life, { asked, looked: looked.map((one) => one.pullRequest) })));
  return { looked, notes: [], problems: looked.flatMap(({ problems }) => problems) };
};

/** Where the host fails at this one, nobody else is begun with. */
const isTrustworthy = ({ problems, held }: LookResult): boolean => problems.length === 0 && held === null;

const joined = (reports: readonly Report[]): Report => ({
  looked: reports.flatMap(({ looked }) => looked),
  notes: reports.flatMap(({ notes }) => notes),
  problems: reports.flatMap(({ problems }) => problems),
});

const notAll = (sha: string): Failure =>
  new Failure(`nobody could say which pull request has the head commit ${sha}: the list did not come whole`, {
    done: ['its images were not written down'],
    next: 'run the failed workflow again',
  });
