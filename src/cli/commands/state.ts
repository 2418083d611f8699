import { exitCodes, UsageError } from '../../domain/errors.ts';
import type { PulledState, StateAccess } from '../../ports/state-access.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { printHistory } from '../print/history.ts';
import { shownDocument } from '../print/json.ts';
import { printState } from '../print/state.ts';

/* What is remembered, as a document: shown, and copied out. Nothing here writes into the store. */

export const openState = async (context: CommandContext): Promise<StateAccess> => {
  const { target, verb } = context.invocation;
  if (target === undefined) throw new TypeError(`${verb} came without a target`);
  return (await context.workspace()).state(target);
};

export const runStateShow: CommandRun = async (context) => {
  const access = await openState(context);
  const shown = cleaned(context, await reading(context, access.show()));
  tell(context, () =>
    shown === null
      ? [`there is no state of ${access.scope} yet: nothing was ever made by it`]
      : printState(shown, context.layout),
  );
  tellJson(context, () =>
    shown === null
      ? { environment: access.scope, state: null }
      : { environment: access.scope, ...shownDocument(shown) },
  );
  return exitCodes.ok;
};

export const runStateHistory: CommandRun = async (context) => {
  const access = await openState(context);
  const history = cleaned(context, await reading(context, access.history()));
  const pull = commandLine({ ...context.invocation, verb: 'state pull' }, ['--serial N', '--out FILE']);
  tell(context, () => printHistory(history, access.scope, pull, context.layout));
  tellJson(context, () => ({ environment: access.scope, ...history }));
  return exitCodes.ok;
};

export const runStatePull: CommandRun = async (context) => {
  const { input, invocation } = context;
  const { out, serial } = invocation.options;
  const access = await openState(context);
  const pulled = await reading(context, access.pull(serial));
  const { path, text, serial: found } = pulled;
  if (out !== null) {
    // Secrets may be in it, so nobody else may read it.
    await input.files.write(out, text, { mode: 0o600, replace: true });
    tell(context, () => [`wrote ${path} (serial ${found}) to ${out}, as it is stored`]);
    tellJson(context, () => ({ environment: access.scope, path, serial: found, file: out }));
    return exitCodes.ok;
  }
  const shown = showable(context, pulled);
  if (pulled.redacted !== null) context.progress.notice(redactedNote(context));
  tell(context, () => [cleaned(context, shown).trimEnd()]);
  tellJson(context, () => ({
    environment: access.scope,
    path,
    serial: found,
    file: null,
    document: JSON.parse(shown),
  }));
  return exitCodes.ok;
};

const toFile = (context: CommandContext): string => commandLine(context.invocation, ['--out FILE']);

/** Of a document that can't be read nobody can say what in it is a secret. */
const showable = (context: CommandContext, { text, redacted, path }: PulledState): string => {
  if (redacted === null) return text;
  if (redacted !== '') return redacted;
  throw new UsageError(`${path} can't be read, so it can't be told what in it is a secret: it is not shown`, {
    next: toFile(context),
  });
};

const redactedNote = (context: CommandContext): string =>
  `its secrets lie in plain text and are shown as [redacted]; with them, into a file of your own: ${toFile(context)}`;
