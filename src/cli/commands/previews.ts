import { type ExitCode, exitCodes, Failure, UsageError } from '../../domain/errors.ts';
import type { LifeReport, PreviewLife, WakingEvent } from '../../ports/preview-life.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { addSummary, setOutputs } from '../github-runner.ts';
import { helpCommand } from '../help.ts';
import { placeFlags } from '../options.ts';
import { fenced, plainLayout } from '../print/markdown.ts';
import { withPlaces } from '../print/next.ts';
import { printLife, printSweep } from '../print/previews.ts';

/** What runs on a schedule, or by a click, says of no pull request more than of another. */
const wakesForAll = new Set(['schedule', 'workflow_dispatch']);

/** Longer than a preview takes to be made. */
const eventWaitMs = 10 * 60_000;

/** One event of the code host: it only says where to look. */
export const runEvent: CommandRun = async (context) => {
  const name = nameOf(context);
  if (wakesForAll.has(name)) return runSweep(context);
  const event = await eventOf(context, name);
  const life = await lifeOf(context, 'needed');
  const report = shownReport(context, await life.event(event));
  return finish(context, report, 'The look at a pull request', (layout) => printLife(report, layout));
};

/** Everything, without an event. */
export const runSweep: CommandRun = async (context) => {
  const { dryRun } = context.invocation.options;
  const life = await lifeOf(context, 'all');
  const report = shownReport(context, await life.sweep({ dry: dryRun }));
  const title = dryRun ? 'What a sweep would do' : 'The sweep';
  return finish(context, report, title, (layout) => printSweep(report, dryRun, layout));
};

/** The life of previews does not know where it was asked; its next commands say so here. */
const shownReport = (context: CommandContext, report: LifeReport): LifeReport =>
  withPlaces(cleaned(context, report), placeFlags(context.invocation.options));

const nameOf = ({ invocation, input }: CommandContext): string => {
  const name = invocation.options.event ?? input.env['GITHUB_EVENT_NAME'] ?? '';
  if (name !== '') return name;
  throw new UsageError('no event was given, and GITHUB_EVENT_NAME is not set', {
    next: 'reconcile event --event pull_request --payload FILE   (in a workflow of GitHub: reconcile event)',
  });
};

const eventOf = async ({ invocation, input }: CommandContext, name: string): Promise<WakingEvent> => {
  const { payload, images, sha } = invocation.options;
  const file = payload ?? input.env['GITHUB_EVENT_PATH'] ?? '';
  if (file === '')
    throw new UsageError(`the event ${name} has no payload: GITHUB_EVENT_PATH is not set`, {
      next: `reconcile event --event ${name} --payload FILE`,
    });
  if (sha !== null && !/^[0-9a-f]{40}$/i.test(sha))
    throw new UsageError(`--sha wants a whole commit of 40 hex digits, found: ${sha}`, { next: helpCommand('event') });
  const text = await input.files.read(file);
  if (text === undefined)
    throw new Failure(`there is no file ${file}`, { next: 'name the file of the event with --payload FILE' });
  return { name, file, text, images, sha };
};

/** What is waited for here can be left at any time: nothing has been begun. */
const lifeOf = async (context: CommandContext, kinds: 'needed' | 'all'): Promise<PreviewLife> => {
  const { invocation, input, interruption } = context;
  const { allowRunner, config } = invocation.options;
  const host = await reading(context, input.openCodeHost({ config }));
  const workspace = await context.workspace();
  // A sweep comes again; an event does not, and waits for the run that is at its preview.
  const waitMs = kinds === 'all' ? 0 : eventWaitMs;
  const options = { command: commandLine(invocation), signal: interruption.signal, kinds, allowRunner, waitMs };
  return reading(context, workspace.life(options, host));
};

const finish = async (
  context: CommandContext,
  report: LifeReport,
  title: string,
  print: (layout: CommandContext['layout']) => readonly string[],
): Promise<ExitCode> => {
  tell(context, () => print(context.layout));
  tellJson(context, () => report);
  await addSummary(context.input, () => [`### ${title}`, '', ...fenced(print(plainLayout))]);
  const [first] = report.looked;
  if (first !== undefined)
    await setOutputs(context.input, {
      url: first.url ?? '',
      state: first.state,
      environment: first.environment,
      sha: first.sha ?? '',
    });
  const ends = report.looked.map(({ end }) => end);
  if (ends.includes('failed') || report.problems.length > 0 || context.interruption.signal.aborted)
    return exitCodes.failure;
  return ends.includes('held') ? exitCodes.leaseHeld : exitCodes.ok;
};
