import type { Target } from '../../domain/environment.ts';
import { environmentName, targetOfName, targetWords } from '../../domain/environment.ts';
import { ConfigError, exitCodes } from '../../domain/errors.ts';
import { isEmpty, type Plan } from '../../domain/plan.ts';
import type { Session, Workspace } from '../../ports/session.ts';
import { type CommandContext, type CommandRun, reading, tell, tellJson } from '../context.ts';
import { addSummary, setOutputs } from '../github-runner.ts';
import { placeFlags } from '../options.ts';
import { printNext } from '../print/change.ts';
import { printCheck } from '../print/check.ts';
import { planDocument } from '../print/json.ts';
import type { Layout } from '../print/layout.ts';
import { checkMarkdown } from '../print/markdown.ts';
import { paragraph } from '../print/text.ts';
import { targetOfPlan } from '../target.ts';
import { whileAllowed } from './allowing.ts';
import { presentable } from './applying.ts';

/** One environment, or every one that exists; drift anywhere is exit 2. */
export const runCheck: CommandRun = async (context) => {
  const { target, options } = context.invocation;
  const workspace = await context.workspace();
  const targets = target === undefined ? await existing(context) : [target];
  const plans: Plan[] = [];
  const markdown: string[] = [];
  const strays: Stray[] = [];
  for (const each of targets) {
    const session = await sessionOf(workspace, each, target === undefined);
    if ('because' in session) {
      strays.push(session);
      tell(context, () => [...(plans.length + strays.length > 1 ? [''] : []), ...printStray(session, context.layout)]);
      markdown.push(strayLine(session), '');
      await addSummary(context.input, () => [strayLine(session)]);
      continue;
    }
    const look = () => reading(context, session.plan({ intent: 'converge', only: options.only }));
    const { plan } = await whileAllowed(context, session, look, 'looks');
    plans.push(plan);
    const shown = presentable(context, plan);
    const fix = ['reconcile', targetWords(targetOfPlan(plan)), ...placeFlags(options)].join(' ');
    tell(context, () => [...(plans.length + strays.length > 1 ? [''] : []), ...printCheck(shown, fix, context.layout)]);
    // In an issue only what is to be done; in a summary also what is as it should be.
    await addSummary(context.input, () => checkMarkdown(shown, fix));
    if (!isEmpty(plan)) markdown.push(...checkMarkdown(shown, fix), '');
  }
  if (targets.length === 0)
    tell(context, () => [`no environments on ${workspace.cloudName}: nothing can have drifted`]);
  const drift = strays.length > 0 || plans.some((plan) => !isEmpty(plan));
  const documents = (): object[] => [
    ...plans.map((plan) => ({ ...planDocument(plan, workspace.cloudName), drift: !isEmpty(plan) })),
    ...strays.map((stray) => ({ ...stray, drift: true })),
  ];
  tellJson(context, () => (target === undefined ? { drift, environments: documents() } : documents()[0]));
  await setOutputs(context.input, { state: drift ? 'drift' : 'clean' });
  if (options.issue) await putIssue(context, target === undefined ? 'all' : (plans[0]?.environment ?? 'all'), markdown);
  return drift ? exitCodes.changesPending : exitCodes.ok;
};

const existing = async (context: CommandContext): Promise<Target[]> => {
  const environments = await reading(context, (await context.workspace()).list());
  return environments.flatMap(({ environment }) => targetOfName(environment) ?? []);
};

/** It exists, and infra.yaml has no environment of that name any more. The others are looked at all the same. */
interface Stray {
  readonly environment: string;
  readonly because: string;
  readonly next: string;
}

const sessionOf = async (workspace: Workspace, target: Target, all: boolean): Promise<Session | Stray> => {
  try {
    return await workspace.session(target);
  } catch (error) {
    if (!all || !(error instanceof ConfigError)) throw error;
    const because = error.problems.map(({ message }) => message).join('; ');
    return { environment: environmentName(target), because, next: error.next ?? '' };
  }
};

const printStray = ({ environment, because, next }: Stray, layout: Layout): string[] => [
  ...paragraph(`${environment}: it exists, and in infra.yaml ${because}`, layout.width, '', '  '),
  ...printNext(next, layout, ''),
];

const strayLine = ({ environment, because }: Stray): string =>
  `**${environment}** exists, and in infra.yaml ${because}.`;

/** One issue for what was checked; empty `markdown`: nothing differs, and an open one is closed. */
const putIssue = async (context: CommandContext, scope: string, markdown: readonly string[]): Promise<void> => {
  const { input, invocation, progress } = context;
  const host = await reading(context, input.openCodeHost({ config: invocation.options.config }));
  const marker = `<!-- reconcile:check ${scope} -->`;
  const what = scope === 'all' ? 'an environment' : scope;
  const number = await reading(
    context,
    host.putIssue({
      marker,
      title: `Drift: ${what} is not as infra.yaml wants it`,
      body: markdown.length === 0 ? null : [marker, ...markdown].join('\n'),
      closing: `Everything is as infra.yaml wants it again.`,
    }),
  );
  progress.stop();
  if (number === null) return;
  const did = markdown.length === 0 ? 'closed' : 'is up to date';
  input.io.stderr.write(`issue ${number} of ${host.repository} ${did}\n`);
};
