import type { Target } from '../domain/environment.ts';
import type { ExitCode } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { Session, Workspace } from '../ports/session.ts';
import type { Invocation } from './arguments.ts';
import type { Interruption } from './interruption.ts';
import type { CliInput } from './io.ts';
import { clean } from './print/clean.ts';
import type { Layout } from './print/layout.ts';
import type { Progress } from './progress/progress.ts';

/** What a verb needs to do its work. */
export interface CommandContext {
  readonly input: CliInput;
  readonly invocation: Invocation;
  /** Of stdout. */
  readonly layout: Layout;
  /** Of stderr: one of the two may be a terminal while the other is a file. */
  readonly errorLayout: Layout;
  readonly progress: Progress;
  readonly interruption: Interruption;
  /** Opened once, when first asked for; `target` where the command line does not name it. */
  workspace(target?: Target): Promise<Workspace>;
  secrets(): readonly Secret[];
}
export type CommandRun = (context: CommandContext) => Promise<ExitCode>;

/** The session of the invocation's target; verbs that come here have one. */
export const openSession = async (context: CommandContext): Promise<Session> => {
  const { target } = context.invocation;
  if (target === undefined) throw new TypeError(`${context.invocation.verb} came without a target`);
  return (await context.workspace()).session(target);
};

/** Reads, and ends at once on Ctrl-C. */
export const reading = <T>(context: CommandContext, work: Promise<T>): Promise<T> =>
  context.interruption.orInterrupted(work);

/** Lines on stdout, unless `--json` asked for one document. */
export const tell = (context: CommandContext, print: () => readonly string[]): void => {
  if (context.invocation.options.json) return;
  context.progress.stop();
  context.input.io.stdout.write(`${print().join('\n')}\n`);
};

/** How it went: lines on stderr, like the progress they end. */
export const report = (context: CommandContext, print: () => readonly string[]): void => {
  context.progress.stop();
  context.input.io.stderr.write(`${print().join('\n')}\n`);
};

/** The document of `--json`; nothing otherwise. */
export const tellJson = (context: CommandContext, document: () => unknown): void => {
  if (!context.invocation.options.json) return;
  context.progress.stop();
  context.input.io.stdout.write(`${JSON.stringify(clean(document(), context.secrets()), null, 2)}\n`);
};

/** What came from outside, without secrets and control characters. */
export const cleaned = <T>(context: CommandContext, value: T): T => clean(value, context.secrets());
