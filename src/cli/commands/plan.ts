import { approvalOf } from '../../domain/approval.ts';
import { exitCodes } from '../../domain/errors.ts';
import { isEmpty, type Plan } from '../../domain/plan.ts';
import { type CommandContext, type CommandRun, openSession, reading, tell, tellJson } from '../context.ts';
import { addSummary, setOutputs } from '../github-runner.ts';
import { placeFlags } from '../options.ts';
import { planDocument } from '../print/json.ts';
import { planMarkdown } from '../print/markdown.ts';
import { printPlan } from '../print/plan.ts';
import { whileAllowed } from './allowing.ts';
import { presentable } from './applying.ts';
import { hostOf } from './with-host.ts';

export const runPlan: CommandRun = async (context) => {
  const { only, replace, adopt, recoverAccess, images, out, comment } = context.invocation.options;
  const session = await openSession(context);
  const recovery = recoverAccess === undefined ? {} : { recoverAccess };
  const look = () =>
    reading(
      context,
      (async () => ({
        host: await hostOf(session),
        ...(await session.plan({ intent: 'converge', only, replace, adopt, images, ...recovery })),
      }))(),
    );
  const { host, plan } = await whileAllowed(context, session, look, 'looks');
  const { cloudName } = await context.workspace();
  const shown = presentable(context, plan);
  if (host !== null)
    tell(context, () => [...printPlan(presentable(context, host.plan), cloudName, context.layout), '']);
  tell(context, () => printPlan(shown, cloudName, context.layout));
  tellJson(context, () => ({
    ...planDocument(plan, cloudName),
    ...(host === null ? {} : { host: planDocument(host.plan, cloudName) }),
  }));
  if (out !== null) await save(context, plan, out);
  const markdown = planMarkdown(shown, cloudName);
  await addSummary(context.input, () => markdown);
  const state = isEmpty(plan) ? 'unchanged' : plan.summary.blocked > 0 ? 'blocked' : 'changes';
  await setOutputs(context.input, { state, approval: approvalOf(plan) });
  if (comment !== null) await putComment(context, comment, plan.environment, markdown);
  return isEmpty(plan) && host === null ? exitCodes.ok : exitCodes.changesPending;
};

const save = async ({ input, invocation, progress }: CommandContext, plan: Plan, out: string): Promise<void> => {
  const { savePlan } = await import('../plan-file.ts');
  await savePlan(input.files, out, plan);
  progress.stop();
  input.io.stderr.write(
    `saved: ${out}; carry it out with: reconcile apply ${[out, ...placeFlags(invocation.options)].join(' ')}\n`,
  );
};

/** One comment for each environment at a pull request: found again by its marker, which no reader sees. */
const putComment = async (
  context: CommandContext,
  number: number,
  environment: string,
  markdown: readonly string[],
): Promise<void> => {
  const { input, invocation, progress } = context;
  const host = await reading(context, input.openCodeHost({ config: invocation.options.config }));
  const marker = `<!-- reconcile:plan ${environment} -->`;
  const body = [marker, ...markdown, ''].join('\n');
  await reading(context, host.putComment(number, { body, marker, known: null }));
  progress.stop();
  input.io.stderr.write(`the plan is in a comment at pull request ${number} of ${host.repository}\n`);
};
