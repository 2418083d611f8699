import { exitCodes, Failure, UsageError } from '../../domain/errors.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';
import { errorDocument, printError } from '../print/errors.ts';
import { printMigration, printStore } from '../print/state-plans.ts';
import { askFirst } from './asking.ts';

/* Where states lie, and who can read them. */

/** Where previews have a place of their own, each is made and moved by a command of its own: one set of credentials rarely reaches both. */
const whose = ({ invocation }: CommandContext): 'previews' | 'all' =>
  invocation.options.previews ? 'previews' : 'all';

export const runStateInit: CommandRun = async (context) => {
  const report = cleaned(context, await reading(context, (await context.workspace()).initStore(whose(context))));
  const { refused } = report;
  const failure =
    refused === null
      ? undefined
      : new Failure(refused.message, refused.next === undefined ? {} : { next: refused.next });
  const place = placeFlags(context.invocation.options);
  tell(context, () => printStore(report, context.layout));
  if (failure !== undefined && !context.invocation.options.json)
    context.input.io.stderr.write(`${printError(failure, context.secrets(), place, context.errorLayout).join('\n')}\n`);
  tellJson(context, () => ({ ...report, ...(failure === undefined ? {} : errorDocument(failure, place)) }));
  return failure === undefined ? exitCodes.ok : exitCodes.failure;
};

export const runStateMigrate: CommandRun = async (context) => {
  const { to } = context.invocation.options;
  if (to === null)
    throw new UsageError('say where the states are to go: --to s3 or --to local', {
      next: 'reconcile state migrate --help',
    });
  const { plan, carryOut } = await reading(context, (await context.workspace()).migrate(to, whose(context)));
  const shown = cleaned(context, plan);
  tell(context, () => printMigration(shown, context.layout));
  if (!plan.finished) {
    await askFirst(context, `Move them to ${plan.to}`);
    await carryOut(commandLine(context.invocation));
    tell(context, () => [`moved: nothing is in use in ${plan.from} any more`]);
  }
  const next = `write under state of infra.yaml: backend: ${to}`;
  tell(context, () => [`next: ${next}`]);
  tellJson(context, () => ({ ...shown, finished: true, next }));
  return exitCodes.ok;
};

/** Not beside infra.yaml, where a commit would take it along. */
const defaultFile = ({ input }: CommandContext): string | undefined => {
  const { XDG_CONFIG_HOME: config, HOME: home } = input.env;
  if (config !== undefined && config !== '') return `${config}/age/reconcile.txt`;
  return home === undefined || home === '' ? undefined : `${home}/.config/age/reconcile.txt`;
};

/** The key goes into a file and nowhere else: what a pipeline prints is kept for long and read by many. */
export const runStateKeygen: CommandRun = async (context) => {
  const { input, invocation } = context;
  const file = invocation.options.out ?? defaultFile(context);
  if (file === undefined) throw new UsageError('name the file: --out FILE', { next: 'reconcile state keygen --help' });
  const { text, recipient } = await input.makeIdentity();
  const written = await input.files.write(file, text, { mode: 0o600, replace: false, makeFolder: true });
  if (written === 'exists')
    throw new Failure(`${file} exists already and is left as it is: whoever loses a key loses what it opens`, {
      done: ['nothing was written'],
      next: 'use its recipient, or name another file: reconcile state keygen --out FILE',
    });
  tell(context, () => [
    `wrote an age identity to ${file}, which only you may read; keep a copy of it in a safe place`,
    `its recipient: ${recipient}`,
    '',
    'next: write into infra.yaml, beside backend:',
    '  state:',
    '    recipients:',
    `      - ${recipient}`,
    `    identity: ${file}`,
    'pipelines get it as a secret variable, RECONCILE_AGE_IDENTITY: the content of the file, or its path',
  ]);
  tellJson(context, () => ({ file, recipient }));
  return exitCodes.ok;
};
