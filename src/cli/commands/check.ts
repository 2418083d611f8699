import type { Target } from '../../domain/environment.ts';
import { targetOfName, targetWords } from '../../domain/environment.ts';
import { exitCodes } from '../../domain/errors.ts';
import { isEmpty, type Plan } from '../../domain/plan.ts';
import { type CommandContext, type CommandRun, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';
import { printCheck } from '../print/check.ts';
import { planDocument } from '../print/json.ts';
import { targetOfPlan } from '../target.ts';
import { presentable } from './applying.ts';

/** One environment, or every one that exists; drift anywhere is exit 2. */
export const runCheck: CommandRun = async (context) => {
  const { target, options } = context.invocation;
  const workspace = await context.workspace();
  const targets = target === undefined ? await existing(context) : [target];
  const plans: Plan[] = [];
  for (const each of targets) {
    const session = await workspace.session(each);
    const { plan } = await reading(context, session.plan({ intent: 'converge', only: options.only }));
    plans.push(plan);
    const shown = presentable(context, plan);
    const fix = ['reconcile', targetWords(targetOfPlan(plan)), ...placeFlags(options)].join(' ');
    tell(context, () => [...(plans.length > 1 ? [''] : []), ...printCheck(shown, fix, context.layout)]);
  }
  if (targets.length === 0)
    tell(context, () => [`no environments on ${workspace.cloudName}: nothing can have drifted`]);
  const drift = plans.some((plan) => !isEmpty(plan));
  const documents = (): object[] =>
    plans.map((plan) => ({ ...planDocument(plan, workspace.cloudName), drift: !isEmpty(plan) }));
  tellJson(context, () => (target === undefined ? { drift, environments: documents() } : documents()[0]));
  return drift ? exitCodes.changesPending : exitCodes.ok;
};

const existing = async (context: CommandContext): Promise<Target[]> => {
  const environments = await reading(context, (await context.workspace()).list());
  return environments.flatMap(({ environment }) => targetOfName(environment) ?? []);
};
