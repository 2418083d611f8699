import { CloudError, NoReplyError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi, HetznerAction } from '../ports/cloud-api.ts';
import { type About, actionList, judge, type Wait } from './judge-actions.ts';
import { Stopped } from './patience.ts';
import { dueAfter } from './poll-times.ts';

export interface ActionWaiter {
  /**
   * Until every one of the Hetzner actions has ended well. Throws HetznerActionError, DeadlineError, Stopped when the
   * run was told to stop, or what the API said when it can't be asked any more.
   */
  readonly wait: (ids: readonly number[], about: About) => Promise<void>;
}
export interface ActionWaiterOptions {
  readonly cloud: Pick<CloudApi, 'actions'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** No single wait is longer, unless its estimate is. */
  readonly boundMs?: number;
}

const boundDefaultMs = 15 * 60_000;
/** Refusals to tell in a row before the waits give up; the adapter has retried each of them already. */
const silencesMax = 5;

/** One poll for everything that runs: ids of all steps go into one call (25 of them fit into one request). */
export const createActionWaiter = (options: ActionWaiterOptions): ActionWaiter => {
  const { cloud, clock, signal } = options;
  const waits = new Set<Wait>();
  let asleep: AbortController | undefined;
  let looping = false;
  let silences = 0;

  const end = (wait: Wait, error?: unknown): void => {
    waits.delete(wait);
    if (error === undefined) wait.resolve();
    else wait.reject(error);
  };
  const stopAll = () => {
    for (const wait of [...waits]) end(wait, new Stopped(`waiting for ${actionList(wait)}`));
    asleep?.abort();
  };
  signal.addEventListener('abort', stopAll);

  const loop = async (): Promise<void> => {
    try {
      while (waits.size > 0) {
        const next = Math.min(...[...waits].map((wait) => wait.dueAt));
        if (next > clock.now() && !(await slept(next - clock.now()))) continue;
        if (waits.size > 0) await poll([...waits]);
      }
    } finally {
      // In the same turn as the last look at `waits`: a wait added later starts the loop anew.
      looping = false;
    }
  };
  /** False: woken because a new wait is due earlier. */
  const slept = async (ms: number): Promise<boolean> => {
    asleep = new AbortController();
    try {
      await clock.sleep(ms, asleep.signal);
      return true;
    } catch {
      return false;
    } finally {
      asleep = undefined;
    }
  };
  const poll = async (asked: readonly Wait[]): Promise<void> => {
    const now = clock.now();
    for (const wait of asked.filter((one) => one.dueAt <= now)) {
      wait.polls += 1;
      wait.dueAt = dueAfter(wait.startedAt, wait.about.estimateMs, wait.polls, now);
    }
    try {
      const answers = await cloud.actions(asked.flatMap((wait) => [...wait.running]));
      silences = 0;
      for (const wait of asked) conclude(wait, answers);
    } catch (error) {
      await unanswered(asked, error);
    }
  };
  const conclude = (wait: Wait, answers: readonly HetznerAction[]): void => {
    if (!waits.has(wait)) return;
    const verdict = judge(wait, answers, clock.now());
    if (verdict !== 'running') end(wait, verdict === 'done' ? undefined : verdict);
  };
  /** A call that fails for one action must not fail the steps that wait for others. */
  const unanswered = async (asked: readonly Wait[], error: unknown): Promise<void> => {
    const passing = error instanceof NoReplyError || (error instanceof CloudError && error.retryable);
    silences += passing ? 1 : 0;
    if (passing && silences < silencesMax) return;
    if (asked.length === 1 || passing) for (const wait of asked) end(wait, error);
    else for (const wait of asked) if (waits.has(wait)) await poll([wait]);
  };

  return {
    wait: (ids, about) =>
      new Promise((resolve, reject) => {
        if (ids.length === 0) return resolve();
        if (signal.aborted) return reject(new Stopped(`Hetzner action ${ids.join(', ')}`));
        const now = clock.now();
        // The first poll may be half a minute away: who watches is told at once what is waited for.
        about.progress(`Hetzner action ${ids.join(', ')}`);
        waits.add({
          about,
          running: new Set(ids),
          startedAt: now,
          boundMs: Math.max(options.boundMs ?? boundDefaultMs, 3 * about.estimateMs),
          polls: 0,
          dueAt: dueAfter(now, about.estimateMs, 0, now),
          resolve,
          reject,
        });
        asleep?.abort();
        if (looping) return;
        looping = true;
        void loop();
      }),
  };
};
