import { targetWords } from '../../domain/environment.ts';
import { exitCodes, Failure } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { SecretsAccess } from '../../ports/session.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';
import { printSecrets } from '../print/secrets.ts';
import { whenFree } from './when-free.ts';

/* The applications' secrets. A value comes in by stdin or a prompt, goes into the state, and is never printed. */

/** Nomad's own bound of all variables at a path (nomad/docs/concepts/variables). */
const valueBytesMax = 64 * 1024;

export const runSecretsSet: CommandRun = async (context) => {
  const { access, name } = await opened(context);
  let typed: string | undefined;
  return whenFree(context, access, async () => {
    // Asked for once, also when somebody else took the lease meanwhile.
    typed ??= await valueFrom(context, name, access.scope);
    const outcome = await access.set(name, new Secret(typed), commandLine(context.invocation));
    const said = outcome === 'unchanged' ? 'has this value already' : `is ${outcome}`;
    tell(context, () => [
      `${name} of ${access.scope} ${said}`,
      ...(access.knows(name) ? [] : [`no job of infra.yaml reads it yet: name it under secrets of a job`]),
      ...(outcome === 'unchanged' ? [] : [takesEffect(context)]),
    ]);
    tellJson(context, () => ({ scope: access.scope, name, outcome, wanted: access.knows(name) }));
    return exitCodes.ok;
  });
};

const outcomes = {
  removed: 'is no longer set',
  generated: 'has a new value, made at random: infra.yaml wants it generated',
  absent: 'was not set',
} as const;

export const runSecretsUnset: CommandRun = async (context) => {
  const { access, name } = await opened(context);
  return whenFree(context, access, async () => {
    const outcome = await access.unset(name, commandLine(context.invocation));
    tell(context, () => [
      `${name} of ${access.scope} ${outcomes[outcome]}`,
      ...(outcome === 'absent' ? [] : [takesEffect(context)]),
    ]);
    tellJson(context, () => ({ scope: access.scope, name, outcome }));
    return exitCodes.ok;
  });
};

export const runSecretsList: CommandRun = async (context) => {
  const { target } = context.invocation;
  const access = await accessOf(context);
  const lines = cleaned(context, await reading(context, access.list()));
  const set = ['reconcile secrets set', target === undefined ? '' : targetWords(target)].join(' ');
  tell(context, () => printSecrets(lines, access.scope, [set, placeFlags(context.invocation.options)], context.layout));
  tellJson(context, () => ({ scope: access.scope, secrets: lines }));
  return exitCodes.ok;
};

const accessOf = async (context: CommandContext): Promise<SecretsAccess> => {
  const { target, verb } = context.invocation;
  if (target === undefined) throw new TypeError(`${verb} came without a target`);
  return (await context.workspace()).secrets(target);
};

const opened = async (context: CommandContext): Promise<{ access: SecretsAccess; name: string }> => {
  const { name, verb } = context.invocation;
  if (name === undefined) throw new TypeError(`${verb} came without a name`);
  return { access: await accessOf(context), name };
};

const valueFrom = async (context: CommandContext, name: string, scope: string): Promise<string> => {
  const { io } = context.input;
  context.progress.stop();
  const value = await reading(context, io.readSecret(`${name} of ${scope} (not shown): `));
  const wrong =
    value === ''
      ? 'no value was given'
      : Buffer.byteLength(value) > valueBytesMax
        ? `the value has more than ${valueBytesMax / 1024} KiB, and Nomad takes no more`
        : value.includes('\0')
          ? 'the value holds a NUL byte, which no environment variable can'
          : undefined;
  if (wrong === undefined) return value;
  throw new Failure(wrong, {
    done: [`${name} is as it was`],
    next: `type it when asked, or pipe it in: ${commandLine(context.invocation)} < FILE`,
  });
};

const takesEffect = (context: CommandContext): string => {
  const { target, options } = context.invocation;
  const each = target?.type === 'pr' && target.pullRequest === undefined;
  const words = each || target === undefined ? 'pr <number>' : targetWords(target);
  return `it takes effect with: ${['reconcile', words, ...placeFlags(options)].join(' ')}`;
};
