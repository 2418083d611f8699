import { environmentSelector } from '../domain/access-rule.ts';
import { type Environment, targetWords } from '../domain/environment.ts';
import { BlockedError, DeadlineError } from '../domain/errors.ts';
import type { Step } from '../domain/plan.ts';
import { isOpenToAll, loginRanges } from '../domain/port-22.ts';
import type { ClusterOperations } from '../ports/cluster-operations.ts';
import { listRules } from './access-rules.ts';
import type { TargetContext } from './context.ts';
import { isViaPrivate } from './machines.ts';

/* Port 22 closed to this machine: said with the rule that is missing, instead of "no answer within 10 s". */

type Env = Readonly<Record<string, string | undefined>>;
type Of = Pick<Environment, 'firewall' | 'type' | 'pullRequest'>;

/** Whether a rule of this very run lets it in. */
export interface Door {
  letIn: boolean;
}

/** Undefined: everybody gets in, or nobody comes that way. */
const whoGetsIn = ({ firewall }: Of, env: Env): string | undefined => {
  if (isOpenToAll(firewall) || isViaPrivate(env)) return undefined;
  const ranges = loginRanges(firewall);
  return ranges.length === 0
    ? 'no rule of infra.yaml lets anybody in at port 22'
    : `infra.yaml lets only ${ranges.join(', ')} in at port 22`;
};

const wayIn = (of: Of): string => `reconcile ${targetWords(of)} --allow-runner   (lets this machine in for that run)`;

/** Before anything is ordered: without a way in nobody could hand the servers their keys, and that shows only after minutes. */
export const refuseClosed = async (context: TargetContext, steps: readonly Step[]): Promise<void> => {
  const { environment, env, door, clock } = context;
  const first = steps.find(({ effect }) => effect.port === 'machines');
  const who = whoGetsIn(environment, env);
  if (door.letIn || first === undefined || who === undefined || loginRanges(environment.firewall).length > 0) return;
  const rules = await listRules(context);
  const selector = environmentSelector(environment.project, environment.name);
  if (rules.some((rule) => rule.selectors.includes(selector) && rule.expiresMs > clock.now())) return;
  throw new BlockedError(`${who}, and ${first.id} has to log in there`, {
    done: ['nothing was changed'],
    next: wayIn(environment),
  });
};

/** Of waits and looks that ended without an answer. */
export const explained = (operations: ClusterOperations, of: Of, env: Env, door: Door): ClusterOperations => {
  const who = whoGetsIn(of, env);
  if (who === undefined) return operations;
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (door.letIn || !(error instanceof DeadlineError)) throw error;
      throw new DeadlineError(`${error.message} (${who})`, { done: error.done, next: wayIn(of), cause: error });
    }
  };
  return {
    ...operations,
    awaitBoot: (target, waiting) => told(operations.awaitBoot(target, waiting)),
    awaitReady: (cluster, waiting) => told(operations.awaitReady(cluster, waiting)),
    observe: async (targets, options) => {
      const seen = await operations.observe(targets, options);
      if (seen.reachable || door.letIn) return seen;
      return { ...seen, because: `${who}, and with --allow-runner this machine: ${seen.because}` };
    },
  };
};
