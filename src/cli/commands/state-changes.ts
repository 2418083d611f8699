import { exitCodes, Failure } from '../../domain/errors.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';
import { printLease } from '../print/lease.ts';
import { printPush, printRebuild } from '../print/state-plans.ts';
import { plural } from '../print/text.ts';
import { askFirst } from './asking.ts';
import { openState } from './state.ts';
import { whenFree } from './when-free.ts';

/* What writes a state by hand. Each shows what it would do, asks, and takes the lease. */

/** `reconcile plan production`, with what says where. */
const planCommand = (context: CommandContext): string =>
  commandLine({ verb: 'plan', target: context.invocation.target, file: undefined, options: plain(context) });

const plain = ({ invocation }: CommandContext) => ({ ...invocation.options, only: [], replace: [], adopt: [] });

export const runStatePush: CommandRun = async (context) => {
  const { file } = context.invocation;
  if (file === undefined) throw new TypeError('state push came without a file');
  const access = await openState(context);
  const text = await context.input.files.read(file);
  if (text === undefined)
    throw new Failure(`there is no ${file}`, {
      done: ['nothing was changed'],
      next: 'name a file that was written by: reconcile state pull <target> --out FILE',
    });
  return whenFree(context, access, async () => {
    const { plan, carryOut } = await reading(context, access.push({ path: file, text }));
    const shown = cleaned(context, plan);
    tell(context, () => printPush(shown, file, context.layout));
    if (plan.outcome !== 'same') {
      await askFirst(context, plan.outcome === 'new' ? `Write ${plan.path}` : `Replace ${plan.path}`);
      await carryOut(commandLine(context.invocation));
      tell(context, () => [`wrote ${plan.path}, serial ${plan.serial}`, `next: ${planCommand(context)}`]);
    }
    tellJson(context, () => ({ environment: access.scope, ...shown }));
    return exitCodes.ok;
  });
};

export const runStateRebuild: CommandRun = async (context) => {
  const access = await openState(context);
  return whenFree(context, access, async () => {
    const { plan, carryOut } = await reading(context, access.rebuild());
    const shown = cleaned(context, plan);
    tell(context, () => printRebuild(shown, access.scope, context.layout));
    await askFirst(context, `Write ${plan.path}`);
    await carryOut(commandLine(context.invocation));
    tell(context, () => [
      '',
      `wrote ${plan.path}: ${plural(plan.adopted.length, 'address', 'addresses')} adopted, nothing in the cloud was changed`,
      `next: ${planCommand(context)}`,
    ]);
    tellJson(context, () => ({ environment: access.scope, ...shown }));
    return exitCodes.ok;
  });
};

export const runStateUnlock: CommandRun = async (context) => {
  const access = await openState(context);
  const view = cleaned(context, await reading(context, access.lease()));
  tell(context, () => printLease(view, access.scope, context.layout));
  if (view.standing !== 'held' || view.record === undefined) {
    tellJson(context, () => ({ environment: access.scope, ...view, ended: false }));
    return exitCodes.ok;
  }
  await askFirst(context, `End the lease of ${view.record.holder} on ${access.scope}`);
  await access.unlock(view.record);
  const again = ['reconcile', ...placeFlags(context.invocation.options)].join(' ');
  tell(context, () => [
    `ended: the next run takes the lease at once, finds what was made, and goes on`,
    `for instance: ${again.replace('reconcile', planCommand(context))}`,
  ]);
  tellJson(context, () => ({ environment: access.scope, ...view, ended: true }));
  return exitCodes.ok;
};

export const runStateReencrypt: CommandRun = async (context) => {
  const access = await openState(context);
  return whenFree(context, access, async () => {
    const { written, recipients, warning } = cleaned(context, await access.reencrypt(commandLine(context.invocation)));
    tell(context, () => [
      written.length === 0
        ? `nothing to do: all secrets are sealed for the ${plural(recipients.length, 'recipient')} of infra.yaml`
        : `sealed for ${plural(recipients.length, 'recipient')}: ${written.join(', ')}`,
      ...(warning === null ? [] : [warning]),
    ]);
    tellJson(context, () => ({ environment: access.scope, written, recipients, warning }));
    return exitCodes.ok;
  });
};
