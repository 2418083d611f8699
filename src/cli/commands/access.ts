import { targetWords } from '../../domain/environment.ts';
import { exitCodes } from '../../domain/errors.ts';
import type { RunnerAccess } from '../../ports/session.ts';
import { type CommandContext, type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';

/* A way in at port 22 for a human, for a while: beside what infra.yaml says, and no drift. */

const defaultMs = 30 * 60_000;

const accessOf = async (context: CommandContext): Promise<RunnerAccess> => {
  const { target, verb } = context.invocation;
  if (target === undefined) throw new TypeError(`${verb} came without a target`);
  return (await context.workspace()).access(target);
};

export const runAccessOpen: CommandRun = async (context) => {
  const { options, target } = context.invocation;
  const access = await accessOf(context);
  const opened = cleaned(
    context,
    await reading(context, access.open({ address: options.address, forMs: options.forMs ?? defaultMs })),
  );
  const until = new Date(opened.expiresMs).toISOString();
  const close = ['reconcile access close', target === undefined ? '' : targetWords(target), ...placeFlags(options)];
  tell(context, () => [
    `${opened.from} gets in at port 22 of ${access.scope} until ${until}${opened.result === 'extended' ? ' (it was let in already)' : ''}`,
    `no more from then on, or with: ${close.join(' ')}`,
  ]);
  tellJson(context, () => ({ environment: access.scope, ...opened, expires: until }));
  return exitCodes.ok;
};

export const runAccessClose: CommandRun = async (context) => {
  const { options } = context.invocation;
  const access = await accessOf(context);
  if (options.expired) {
    const lines = cleaned(context, await access.expire());
    tell(context, () => (lines.length === 0 ? ['nobody gets in at port 22 beyond their time'] : lines));
    tellJson(context, () => ({ expired: lines }));
    return exitCodes.ok;
  }
  const { removed, left } = cleaned(context, await access.close({ address: options.address }));
  tell(context, () => [
    ...removed.map((from) => `${from} does not get in at port 22 of ${access.scope} any more`),
    ...left.map((line) => `left as it is: ${line}`),
    ...(removed.length + left.length === 0 ? [`nobody was let in at port 22 of ${access.scope}`] : []),
  ]);
  tellJson(context, () => ({ environment: access.scope, removed, left }));
  return exitCodes.ok;
};
