import type { Target } from '../domain/environment.ts';
import { type ExitCode, exitCodes } from '../domain/errors.ts';
import { redact } from '../domain/secret.ts';
import type { Workspace } from '../ports/session.ts';
import { commandLine, type Invocation, type Parsed, parseArguments } from './arguments.ts';
import type { CommandContext, CommandRun } from './context.ts';
import { addSummary, setOutputs, withoutCommands } from './github-runner.ts';
import { overview, verbHelp } from './help.ts';
import { listenForInterrupts } from './interruption.ts';
import type { CliInput, Io, Stream } from './io.ts';
import { placeFlags } from './options.ts';
import { clean, cleanText } from './print/clean.ts';
import { errorDocument, exitCodeOf, printError } from './print/errors.ts';
import type { Layout } from './print/layout.ts';
import { errorMarkdown, plainLayout } from './print/markdown.ts';
import { paintFor } from './print/paint.ts';
import { createProgress } from './progress/progress.ts';
import type { Verb } from './verbs.ts';

/** Loaded when chosen: a plan does not wait for the prompts of `init`. */
const commands: Readonly<Record<Verb, () => Promise<CommandRun>>> = {
  reconcile: async () => (await import('./commands/converge.ts')).runConverge,
  plan: async () => (await import('./commands/plan.ts')).runPlan,
  apply: async () => (await import('./commands/apply.ts')).runApply,
  rollback: async () => (await import('./commands/rollback.ts')).runRollback,
  check: async () => (await import('./commands/check.ts')).runCheck,
  destroy: async () => (await import('./commands/converge.ts')).runDestroy,
  event: async () => (await import('./commands/previews.ts')).runEvent,
  sweep: async () => (await import('./commands/previews.ts')).runSweep,
  list: async () => (await import('./commands/reading.ts')).runList,
  status: async () => (await import('./commands/reading.ts')).runStatus,
  outputs: async () => (await import('./commands/reading.ts')).runOutputs,
  'state show': async () => (await import('./commands/state.ts')).runStateShow,
  'state history': async () => (await import('./commands/state.ts')).runStateHistory,
  'state pull': async () => (await import('./commands/state.ts')).runStatePull,
  'state push': async () => (await import('./commands/state-changes.ts')).runStatePush,
  'state rebuild': async () => (await import('./commands/state-changes.ts')).runStateRebuild,
  'state unlock': async () => (await import('./commands/state-changes.ts')).runStateUnlock,
  'state reencrypt': async () => (await import('./commands/state-changes.ts')).runStateReencrypt,
  'state init': async () => (await import('./commands/state-store.ts')).runStateInit,
  'state migrate': async () => (await import('./commands/state-store.ts')).runStateMigrate,
  'state keygen': async () => (await import('./commands/state-store.ts')).runStateKeygen,
  doctor: async () => (await import('./commands/doctor.ts')).runDoctor,
  cost: async () => (await import('./commands/reading.ts')).runCost,
  'secrets list': async () => (await import('./commands/secrets.ts')).runSecretsList,
  'secrets set': async () => (await import('./commands/secrets.ts')).runSecretsSet,
  'secrets unset': async () => (await import('./commands/secrets.ts')).runSecretsUnset,
  'access open': async () => (await import('./commands/access.ts')).runAccessOpen,
  'access close': async () => (await import('./commands/access.ts')).runAccessClose,
  init: async () => (await import('./commands/init.ts')).runInit,
};

/**
 * One command from its arguments to its exit code (design §2). Never throws: every failure is printed, on stderr as
 * text or on stdout as the one document of `--json`. The caller ends the process: after an interruption a request
 * that nobody waits for any more may still be open.
 */
export const runCli = async (input: CliInput): Promise<ExitCode> => {
  // `--json` counts even when the rest can't be parsed: a script reads one document either way.
  const rough = {
    json: input.argv.includes('--json'),
    verbose: false,
    color: !input.argv.includes('--no-color'),
    place: [],
  };
  let parsed: Parsed;
  try {
    parsed = parseArguments(input.argv);
  } catch (error) {
    return fail(error, input, rough);
  }
  if (parsed.ask === 'version') return say(input, `${input.version}\n`);
  if (parsed.ask === 'help') return say(input, helpText(parsed.verb, input));
  return runInvocation(parsed, input);
};

const say = ({ io }: CliInput, text: string): ExitCode => {
  io.stdout.write(text);
  return exitCodes.ok;
};

const helpText = (verb: Verb | undefined, input: CliInput): string => {
  const paint = paintFor(input.io.stdout, input.env, !input.argv.includes('--no-color'));
  const width = widthFor(input.io.stdout);
  return verb === undefined ? overview(width, paint) : verbHelp(verb, width, paint);
};

const runInvocation = async (invocation: Invocation, input: CliInput): Promise<ExitCode> => {
  const { options } = invocation;
  const io = guarded(input);
  const progress = createProgress({
    stream: io.stderr,
    clock: input.clock,
    paint: paintFor(input.io.stderr, input.env, options.color),
    env: input.env,
    clean: (text) => cleanText(text, input.secrets()),
  });
  const interruption = listenForInterrupts(io, progress);
  let opened: Promise<Workspace> | undefined;
  const context: CommandContext = {
    input: { ...input, io },
    invocation,
    layout: layoutFor(io.stdout, input, options),
    errorLayout: layoutFor(io.stderr, input, options),
    progress,
    interruption,
    secrets: () => input.secrets(),
    workspace: (target) => {
      opened ??= input.openWorkspace({
        local: options.local,
        target: oneWorld(target ?? invocation.target),
        config: options.config,
        verbose: options.verbose,
        reporter: progress,
      });
      return interruption.orInterrupted(opened);
    },
  };
  try {
    const code = await (await commands[invocation.verb]())(context);
    await tellBadEnd(context.input, code);
    return code;
  } catch (error) {
    progress.stop();
    await tellBadEnd(context.input, exitCodeOf(error));
    await addSummary(context.input, () =>
      errorMarkdown(commandLine(invocation), printError(error, input.secrets(), placeFlags(options), plainLayout)),
    );
    return fail(error, { ...input, io }, { ...options, place: placeFlags(options) });
  } finally {
    interruption.close();
    progress.stop();
    await (await opened?.catch(() => undefined))?.close();
  }
};

/** For the workflow of GitHub this runs in, if it does; a good end is told by whoever knows what it was. */
const tellBadEnd = async (input: CliInput, code: ExitCode): Promise<void> => {
  const words: Partial<Record<ExitCode, string>> = { 1: 'failed', 3: 'held', 4: 'blocked', 64: 'usage' };
  const state = words[code];
  if (state !== undefined) await setOutputs(input, { state });
};

interface Looks {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  /** Repeated in recommended commands. */
  readonly place: readonly string[];
}

const fail = (error: unknown, input: CliInput, looks: Looks): ExitCode => {
  const { io } = input;
  const secrets = input.secrets();
  if (looks.json) io.stdout.write(`${JSON.stringify(clean(errorDocument(error, looks.place), secrets), null, 2)}\n`);
  else io.stderr.write(`${printError(error, secrets, looks.place, layoutFor(io.stderr, input, looks)).join('\n')}\n`);
  return exitCodeOf(error);
};

/** All previews together are no environment: each may have a world of its own. */
const oneWorld = (target: Target | undefined): Target | undefined =>
  target?.type === 'pr' && target.pullRequest === undefined ? undefined : target;

/** Readable on every terminal and in every log; wider than this no sentence is pleasant. */
const widthMax = 110;
const widthFor = (stream: Stream): number => Math.min(widthMax, Math.max(50, stream.columns ?? 80));

const layoutFor = (
  stream: Stream,
  { env }: CliInput,
  { verbose, color }: Pick<Looks, 'verbose' | 'color'>,
): Layout => ({
  // Asked anew for every text: the user may have made the window narrower meanwhile.
  get width() {
    return widthFor(stream);
  },
  paint: paintFor(stream, env, color),
  verbose,
});

/** The last net: nothing is written that shares twelve characters with a secret, wherever it came from. */
const guarded = ({ io, secrets, env }: CliInput): Io => {
  const spoken = env['GITHUB_ACTIONS'] === 'true' ? withoutCommands : (text: string) => text;
  const guard = (stream: Stream): Stream => ({
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    write: (text) => stream.write(spoken(redact(text, secrets()))),
  });
  return { ...io, stdout: guard(io.stdout), stderr: guard(io.stderr) };
};
