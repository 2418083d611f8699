import { Command, CommanderError } from 'commander';
import type { Target } from '../domain/environment.ts';
import { targetWords } from '../domain/environment.ts';
import { UsageError } from '../domain/errors.ts';
import { helpCommand } from './help.ts';
import { type Options, optionsOf, placeFlags } from './options.ts';
import { suggestion } from './suggest.ts';
import { parseTarget } from './target.ts';
import { type OptionName, type OptionSpec, optionSpecs, type Verb, type VerbSpec, verbs } from './verbs.ts';
import { type Question, questionIn, verbOf } from './words.ts';

/** One command line, understood. */
export interface Invocation {
  readonly verb: Verb;
  readonly target: Target | undefined;
  readonly file: string | undefined;
  /** Of a secret. */
  readonly name?: string;
  readonly options: Options;
}
export type Parsed = Question | ({ readonly ask: 'run' } & Invocation);

/** Throws UsageError with what is wrong, what may have been meant, and the help command. */
export const parseArguments = (argv: readonly string[]): Parsed => {
  const asked = questionIn(argv);
  if (asked !== undefined) return asked;
  const { verb, rest } = verbOf(argv);
  const spec: VerbSpec = verbs[verb];
  const command = commandFor(verb, spec);
  try {
    command.parse([...rest], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw usageError(error, verb, rest);
    throw error;
  }
  const options = optionsOf(command.opts(), verb);
  return { ask: 'run', verb, options, ...operandsOf(verb, spec, command.args, options) };
};

const commandFor = (verb: Verb, spec: VerbSpec): Command => {
  const command = new Command(verb)
    .exitOverride()
    .helpOption(false)
    .allowExcessArguments()
    .argument('[words...]')
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
  // `--yes` is understood everywhere, as a habit of the fingers; the help shows it only where a question is asked.
  for (const name of new Set<OptionName>([...spec.options, 'yes'])) {
    const option: OptionSpec = optionSpecs[name];
    if (option.repeatable)
      command.option(option.flags, option.about, (value: string, all: string[] = []) => [...all, value]);
    else command.option(option.flags, option.about);
  }
  return command;
};

/** Commander's refusal in our words. */
const usageError = (error: CommanderError, verb: Verb, args: readonly string[]): UsageError => {
  const next = helpCommand(verb);
  const name = verb === 'reconcile' ? 'reconcile <target>' : `reconcile ${verb}`;
  const quoted = /'([^']+)'/.exec(error.message)?.[1] ?? args.join(' ');
  if (error.code === 'commander.unknownOption') {
    const typed = quoted.replace(/=.*/, '');
    const known = verbs[verb].options.flatMap((option) => longFlags(option));
    const meant = suggestion(typed, known);
    const elsewhere = Object.keys(optionSpecs).some((option) => longFlags(option as OptionName).includes(typed));
    const because = elsewhere ? `${name} has no option ${typed}` : `unknown option ${typed}`;
    return new UsageError(`${because}${meant === undefined ? '' : `; did you mean ${meant}?`}`, { next });
  }
  if (error.code === 'commander.optionMissingArgument')
    return new UsageError(`${quoted.replace(/^-\w, | <.*$/g, '')} needs a value`, { next });
  return new UsageError(error.message.replace(/^error: /, ''), { next });
};

const longFlags = (name: OptionName): string[] => [/--[a-z-]+/.exec(optionSpecs[name].flags)?.[0] ?? ''];

const operandsOf = (
  verb: Verb,
  spec: VerbSpec,
  words: readonly string[],
  options: Options,
): Pick<Invocation, 'target' | 'file' | 'name'> => {
  const next = helpCommand(verb);
  if (spec.takes === '' && words.length > 0)
    throw new UsageError(`${verb} takes nothing after it, found: ${words.join(' ')}`, { next });
  if (spec.takes === '<file>') {
    const [file, ...more] = words;
    if (file === undefined) throw new UsageError(`${verb} needs the file of a saved plan`, { next });
    if (more.length > 0) throw new UsageError(`${verb} takes one file, found also: ${more.join(' ')}`, { next });
    return { target: undefined, file };
  }
  if (spec.takes === '<target> <name>') {
    const [targetOnly, named] = splitAtName(words);
    const name = secretName(named, verb, next);
    return { target: parseTarget(targetOnly, next, 'previews too'), file: undefined, name };
  }
  if (spec.takes === '<target> <file>') {
    const [targetOnly, [file, ...more]] = splitAtName(words);
    const target = parseTarget(stateWords(targetOnly), next, 'previews too');
    if (file === undefined) throw new UsageError(`${verb} needs a target and a file`, { next });
    if (more.length > 0) throw new UsageError(`${verb} takes one file, found also: ${more.join(' ')}`, { next });
    return { target, file };
  }
  const optional = spec.takes === '[target]' || spec.takes === '';
  const target =
    optional && words.length === 0
      ? undefined
      : verb.startsWith('state ')
        ? parseTarget(stateWords(words), next, 'previews too')
        : parseTarget(words, next, verb === 'secrets list' ? 'previews too' : undefined);
  if (target !== undefined && options.all)
    throw new UsageError(`--all checks every environment, so ${targetWords(target)} can't be named beside it`, {
      next,
    });
  return { target, file: undefined };
};

/** The state of what all previews share is called `shared` where it lies, and so in messages. */
const stateWords = (words: readonly string[]): readonly string[] =>
  words[0] === 'shared' ? ['pr', ...words.slice(1)] : words;

/** The words of the target, then those that should be one name: `production` is a target whose name is missing. */
const splitAtName = (words: readonly string[]): [readonly string[], readonly string[]] => {
  const targetLength = words[0] === 'pr' && /^\d+$/.test(words[1] ?? '') ? 2 : 1;
  return [words.slice(0, targetLength), words.slice(targetLength)];
};

/**
 * What follows a name, after `=` or as one more word, would be in the list of processes and the shell's history: it is
 * not even repeated.
 */
const secretName = (words: readonly string[], verb: Verb, next: string): string => {
  const [name = '', afterEquals] = (words[0] ?? '').split(/=(.*)/s);
  const value = afterEquals ?? words[1];
  if (value !== undefined)
    throw new UsageError(
      `a value on the command line can be seen by every process of this machine and stays in the shell's history`,
      { next: `reconcile ${verb} <target> ${name}   (type the value when asked, or pipe it in)` },
    );
  if (/^[A-Z_][A-Z0-9_]*$/.test(name)) return name;
  throw new UsageError(
    name === ''
      ? `${verb} needs a target and the name of a secret`
      : `${name} is no name of a secret: write capital letters, digits and underscores, like DATABASE_URL`,
    { next },
  );
};

/** The invocation as one would type it again; `extra` is put at its end. */
export const commandLine = (
  invocation: Pick<Invocation, 'verb' | 'target' | 'file' | 'name' | 'options'>,
  extra: readonly string[] = [],
): string => {
  const { verb, target, file, name, options } = invocation;
  return [
    'reconcile',
    ...(verb === 'reconcile' ? [] : [verb]),
    ...(target === undefined ? [] : [targetWords(target)]),
    ...(file === undefined ? [] : [file]),
    ...(name === undefined ? [] : [name]),
    ...options.only.map((address) => `--only ${address}`),
    ...options.replace.map((address) => `--replace ${address}`),
    ...options.adopt.map((address) => `--adopt ${address}`),
    ...Object.entries(options.images).map(([job, image]) => `--image ${job}=${image}`),
    ...(options.failed ? ['--failed'] : []),
    ...(options.approved === null ? [] : [`--approved ${options.approved}`]),
    ...recoveryFlags(options),
    ...accessFlags(options),
    ...(options.serial === null ? [] : [`--serial ${options.serial}`]),
    ...(options.to === null ? [] : [`--to ${options.to}`]),
    ...(options.previews ? ['--previews'] : []),
    ...placeFlags(options),
    ...extra,
  ].join(' ');
};

const accessFlags = ({ allowRunner, address }: Options): string[] => [
  ...(allowRunner === null ? [] : ['--allow-runner', ...(allowRunner.address === null ? [] : [allowRunner.address])]),
  ...(address === null ? [] : [`--address ${address}`]),
];

const recoveryFlags = ({ recoverAccess }: Options): string[] => {
  if (recoverAccess === undefined) return [];
  const { identity } = recoverAccess;
  return ['--recover-access', ...(identity === null ? [] : [`--ssh-identity ${identity}`])];
};
