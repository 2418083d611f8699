import { environmentFor } from '../config/environment.ts';
import type { AccessRule } from '../domain/access-rule.ts';
import { environmentName, type Target, targetOfName } from '../domain/environment.ts';
import { StoreError } from '../domain/errors.ts';
import type { RunnerAccess } from '../ports/session.ts';
import { extendRule, listRules, makeRule, removeRule } from './access-rules.ts';
import type { Context } from './context.ts';
import { newRunId } from './run-id.ts';
import { runnerAddress } from './runner-address.ts';

/**
 * `access open` and `access close`. Without the lease: a human looks in while a run is at work, and a rule of its own
 * touches nothing that a run reads or changes.
 */
export const createRunnerAccess = (context: Context, target: Target): RunnerAccess => {
  const scope = environmentName(target);
  const mine = async (): Promise<readonly AccessRule[]> =>
    (await listRules(context)).filter(({ environment }) => environment === scope);
  return {
    scope,
    open: async ({ address, forMs }) => {
      const from = await runnerAddress(context, address, '--address');
      const expiresMs = context.clock.now() + forMs;
      const there = (await mine()).find((rule) => rule.opener === 'person' && rule.from.join() === from);
      if (there !== undefined) return { result: 'extended', from, ...(await extendRule(context, there, expiresMs)) };
      const run = newRunId(context.clock, context.random);
      const made = await makeRule(context, context.ungated, {
        environment: scope,
        servers: environmentFor(context.config, target).host ?? scope,
        run,
        opener: 'person',
        expiresMs,
        from,
      });
      return { result: 'opened', from, expiresMs: made.expiresMs };
    },
    close: async ({ address }) => {
      const from = address === null ? undefined : await runnerAddress(context, address, '--address');
      const removed: string[] = [];
      const left: string[] = [];
      for (const rule of await mine()) {
        if (from !== undefined && rule.from.join() !== from) continue;
        const why = await whyItStays(context, rule, 'asked');
        if (why === undefined) {
          await removeRule(context, rule);
          removed.push(rule.from.join(', ') || rule.name);
        } else left.push(`${rule.from.join(', ')}: ${why}`);
      }
      return { removed, left };
    },
    expire: () => expireAccess(context),
  };
};

/**
 * Rules of every environment whose time is over, and those of runs that are dead: what a killed process left. Says in a
 * line each what was done; nothing is removed on an incomplete list.
 */
export const expireAccess = async (context: Context): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const rule of await listRules(context)) {
    if ((await whyItStays(context, rule, 'swept')) !== undefined) continue;
    await removeRule(context, rule);
    const why = rule.expiresMs <= context.clock.now() ? 'its time is over' : 'its run is not at work any more';
    lines.push(`${rule.from.join(', ')} does not get in at port 22 of ${rule.environment} any more: ${why}`);
  }
  return lines;
};

/**
 * The list was read before the lease: a run makes its rule after it took the lease and removes it before it gives it
 * back, so one whose run has not got the lease now belongs to nobody.
 */
const whyItStays = async (context: Context, rule: AccessRule, how: 'asked' | 'swept'): Promise<string | undefined> => {
  const isOver = rule.expiresMs <= context.clock.now();
  if (rule.opener !== 'run') return how === 'asked' || isOver ? undefined : 'its time is not over';
  try {
    const { leases } = context.contextFor(targetOfName(rule.environment)?.type ?? 'production');
    const { standing, record } = await leases.standing(rule.environment);
    return standing === 'held' && record?.run === rule.run ? `the run ${rule.run} is at work` : undefined;
  } catch (error) {
    // Of an environment whose states these credentials can't read: no run is as long as its rule.
    if (!(error instanceof StoreError)) throw error;
    if (isOver) return undefined;
    return `nobody here can say whether the run ${rule.run} is at work: ${error.message}`;
  }
};
