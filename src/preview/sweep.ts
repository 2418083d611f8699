import { CodeHostError, Failure } from '../domain/errors.ts';
import type { PreviewRecord } from '../domain/preview.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { type Asked, type Cloud, errorOf, type Life, type Looked, numberOf, type Report } from './context.ts';
import { look } from './look.ts';

/** A record is kept so long after its pull request was closed: it may be reopened, and its comment be updated. */
const keptMs = 7 * 24 * 3_600_000;

/**
 * Compares all open pull requests with all that exists and all that is remembered, and looks at each that is in either:
 * first those that should go, then those that wait, longest first. Where a list does not come whole nothing is
 * destroyed; before anything is, its pull request is asked for by itself.
 */
export const sweep = async (life: Life): Promise<Report> => {
  const problems: Error[] = [];
  const notes: string[] = [];
  const looked = await lookAtAll(life, problems);
  try {
    notes.push(...(await life.world.tidy()));
  } catch (error) {
    problems.push(errorOf(error));
  }
  return { looked, notes, problems: [...problems, ...looked.flatMap((one) => one.problems)] };
};

const lookAtAll = async (life: Life, problems: Error[]): Promise<readonly Looked[]> => {
  const { host, world } = life;
  const looked: Looked[] = [];
  try {
    const [open, existing] = await Promise.all([host.openPullRequests(), world.existing()]);
    if (!open.complete) problems.push(incomplete('the open pull requests', host.repository));
    if (!existing.complete) problems.push(incomplete('what exists in the cloud', host.repository));
    const cloud: Cloud = { complete: existing.complete, previews: existing.previews };
    const asked: Asked = new Map();
    const whole = open.complete && existing.complete;
    const byNumber = new Map(open.items.map((one) => [one.number, one]));
    for (const number of await order(life, byNumber, cloud)) {
      const listed = byNumber.get(number);
      const given = { cloud, asked, mayDestroy: whole, sure: open.complete, waits: false };
      const one = await look(life, number, { ...given, ...(listed && { pullRequest: listed, listed: true }) });
      looked.push(one);
      for (const victim of one.evicted) looked.push(await look(life, victim, given));
      // Each further question would only be refused too.
      const tired = one.problems.find(isRefusedForNow);
      if (tired !== undefined) break;
    }
    if (whole) await forgetGone(life, new Set(byNumber.keys()), cloud);
  } catch (error) {
    problems.push(errorOf(error));
  }
  return looked;
};

const isRefusedForNow = (error: Error): boolean =>
  error instanceof CodeHostError && (error.kind === 'rate-limited' || error.kind === 'unreachable');

/** Those that should go first, so that there is room for the others; then by how long they wait. */
const order = async (
  { world }: Life,
  open: ReadonlyMap<number, PullRequest>,
  { previews }: Cloud,
): Promise<readonly number[]> => {
  const [records, places] = await Promise.all([world.records(), world.places()]);
  const there = new Set([...previews.map(({ environment }) => environment), ...places.map((one) => one.environment)]);
  const remembered = Object.entries(records).filter(([, record]) => !isOver(record));
  const numbers = new Set([
    ...open.keys(),
    ...[...there, ...remembered.map(([environment]) => environment)].flatMap((one) => numberOf(one) ?? []),
  ]);
  const rank = (number: number): string => {
    const environment = `pr-${number}`;
    const pullRequest = open.get(number);
    if (pullRequest === undefined || pullRequest.draft) return '0';
    if (there.has(environment)) return '1';
    return `2${records[environment]?.waitingSince ?? '9'}`;
  };
  return [...numbers].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a - b));
};

/** Closed when it was seen last, and said so: nothing more is asked about it. */
const isOver = ({ seen, deployed, deployment, shown }: PreviewRecord): boolean =>
  seen?.state === 'closed' &&
  deployed === undefined &&
  (deployment === undefined || shown?.deployment?.startsWith('inactive:') === true);

const forgetGone = async ({ world, clock }: Life, open: ReadonlySet<number>, { previews }: Cloud): Promise<void> => {
  const [records, places] = await Promise.all([world.records(), world.places()]);
  const there = new Set([...previews, ...places].map(({ environment }) => environment));
  for (const [environment, record] of Object.entries(records)) {
    const number = numberOf(environment);
    if (there.has(environment) || (number !== undefined && open.has(number))) continue;
    if (!isLongGone(record, clock.now())) continue;
    await world.record(environment, (before) =>
      before !== undefined && isLongGone(before, clock.now()) ? undefined : before,
    );
  }
};

const isLongGone = ({ seen, activityAt }: PreviewRecord, now: number): boolean =>
  (seen === undefined || seen.state === 'closed') && now - Date.parse(seen?.at ?? activityAt) >= keptMs;

const incomplete = (what: string, repository: string): Failure =>
  new Failure(`the list of ${what} of ${repository} did not come whole`, {
    done: ['nothing was destroyed on its account'],
    next: 'reconcile sweep',
  });
