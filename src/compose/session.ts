import { isAddress } from '../domain/address.ts';
import type { Environment } from '../domain/environment.ts';
import type { AnyObservedItem, Observation } from '../domain/observation.ts';
import type { DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Session } from '../ports/session.ts';
import { applyPlan } from './applying.ts';
import type { Context, TargetContext } from './context.ts';
import { freeEmptyPlace } from './empty-place.ts';
import { jobLogs } from './job-logs.ts';
import { oneLease } from './one-lease.ts';
import { oursOf, outputsOf } from './outputs.ts';
import { loadState, type PlannedWithDesired, planTarget } from './planning.ts';
import { reach } from './reach.ts';
import { rollbackOf } from './remember-images.ts';
import { isUnsettled, settleEarlier } from './settle-earlier.ts';
import { statusOf } from './status.ts';
import { withAccess } from './with-access.ts';

/** One target with its adapters. The reading methods share one observation as long as nothing was applied. */
export const createSession = (shared: Context, environment: Environment): Session => {
  const leases = oneLease(shared.leases);
  const context: TargetContext = { ...shared, leases, environment, ...reach(shared, environment) };
  let seen: PlannedWithDesired | undefined;
  const look = async () => {
    seen ??= await planTarget(context, { intent: 'converge' });
    return { observation: seen.observation, ours: oursIn(context, seen) };
  };
  /** Its own things, or those of its host. */
  const askable = async () => {
    const { observation, ours } = await look();
    return environment.host === undefined ? ours : ofHost(context, environment.host, observation);
  };
  return {
    environment,
    async plan(options) {
      const planned = await planTarget(context, options);
      seen = planned;
      return planned;
    },
    async apply(plan, options) {
      const observation = seen?.observation;
      seen = undefined;
      const { outcome, after } = await applyPlan(context, plan, {
        ...options,
        ...(observation === undefined ? {} : { observation }),
      });
      seen = after ?? undefined;
      return outcome;
    },
    async settle(command) {
      if (seen === undefined) return;
      if (seen.plan.intent === 'destroy' && (await freeEmptyPlace(context, seen, command))) {
        seen = undefined;
        return;
      }
      if (!isUnsettled(seen)) return;
      const { plan } = seen;
      seen = undefined;
      await settleEarlier(context, plan, command);
    },
    waitUntilFree: (options) => shared.leases.waitUntilFree(environment.name, options),
    rollback: async ({ failedOnly }) => rollbackOf((await loadState(context))?.images ?? {}, failedOnly),
    withAccess: (allow, how, work) => withAccess(context, leases, allow, how, work),
    state: () => loadState(context),
    async outputs() {
      return outputsOf(environment, await askable());
    },
    async status() {
      const { observation, ours } = await look();
      return statusOf(environment, observation, ours);
    },
    async logs(job, lines) {
      return jobLogs(context, await askable(), { job, lines });
    },
    usage: () => shared.cloud.usage(),
    close: () => context.machines.close(),
  };
};

const oursIn = (
  { config, environment }: TargetContext,
  seen: { readonly desired: DesiredState; readonly observation: Observation; readonly state: StateFile | null },
): AnyObservedItem[] => {
  const known = [...seen.desired.resources.map((resource) => resource.address), ...remembered(seen.state)];
  return oursOf(seen.observation, { project: config.project, environment: environment.name, known, state: seen.state });
};

const ofHost = ({ config }: TargetContext, environment: string, { items }: Observation): AnyObservedItem[] =>
  oursOf({ items }, { project: config.project, environment, known: [], state: null });

const remembered = (state: StateFile | null) => Object.keys(state?.resources ?? {}).filter(isAddress);
