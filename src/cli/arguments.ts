import { Command, CommanderError } from 'commander';
import { type Address, isAddress } from '../domain/address.ts';
import type { Target } from '../domain/environment.ts';
import { UsageError } from '../domain/errors.ts';
import { kinds } from '../domain/kinds.ts';
import { helpCommand } from './help.ts';
import { suggestion } from './suggest.ts';
import { parseTarget, targetWords } from './target.ts';
import {
  firstWords,
  type OptionName,
  type OptionSpec,
  optionSpecs,
  type Verb,
  type VerbSpec,
  verbNames,
  verbs,
} from './verbs.ts';

/** One command line, understood. */
export interface Invocation {
  readonly verb: Verb;
  readonly target: Target | undefined;
  readonly file: string | undefined;
  readonly options: Options;
}
export interface Options {
  readonly yes: boolean;
  readonly json: boolean;
  readonly local: 'simulated' | null;
  readonly config: string | null;
  readonly only: readonly Address[];
  readonly replace: readonly Address[];
  readonly adopt: readonly Address[];
  readonly verbose: boolean;
  readonly color: boolean;
  readonly out: string | null;
  readonly all: boolean;
  readonly init: Readonly<Partial<Record<'project' | 'domain' | 'location' | 'serverType' | 'sshKey', string>>> & {
    readonly staging?: boolean;
  };
}
export type Parsed =
  | { readonly ask: 'help'; readonly verb: Verb | undefined }
  | { readonly ask: 'version' }
  | ({ readonly ask: 'run' } & Invocation);

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

const questionIn = (argv: readonly string[]): Parsed | undefined => {
  if (argv.includes('--version') || argv.includes('-V')) return { ask: 'version' };
  const words = argv.slice(firstOperand(argv)).filter((word) => !word.startsWith('-'));
  const about = words[0] === 'help' ? words.slice(1) : words;
  if (words[0] !== 'help' && !argv.includes('--help') && !argv.includes('-h')) return undefined;
  const [first] = about;
  if (first === undefined || isTargetWord(first)) return { ask: 'help', verb: undefined };
  if (first === 'state') return { ask: 'help', verb: 'state show' };
  const verb = verbNames.find((name) => name === first);
  if (verb === undefined) throw unknownWord(first);
  return { ask: 'help', verb };
};

const isTargetWord = (word: string): boolean => ['production', 'staging', 'pr'].includes(word) || /^pr-/.test(word);

/** Options may stand before the verb (`--local plan production`), so the verb is the first word that is no option's value. */
const verbOf = (argv: readonly string[]): { readonly verb: Verb; readonly rest: readonly string[] } => {
  const args = argv.map((word) => (word === '--local' ? '--local=simulated' : word));
  const at = firstOperand(args);
  const first = args[at];
  if (first === undefined || isTargetWord(first)) return { verb: 'reconcile', rest: args };
  if (first === 'state') {
    const second = args[at + 1];
    if (second !== 'show')
      throw new UsageError(
        second === undefined || second.startsWith('-')
          ? 'state needs a verb: state show <target>'
          : `state ${second} is no verb here: write state show <target>`,
        { next: helpCommand('state show') },
      );
    return { verb: 'state show', rest: [...args.slice(0, at), ...args.slice(at + 2)] };
  }
  const rest = [...args.slice(0, at), ...args.slice(at + 1)];
  const verb = verbNames.find((name) => name === first);
  if (verb !== undefined) return { verb, rest };
  throw unknownWord(first);
};

const valued = Object.values(optionSpecs)
  .filter((option) => option.flags.includes('<'))
  .flatMap((option) => option.flags.replace(/ <.*/, '').split(', '));

const firstOperand = (args: readonly string[]): number => {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!word.startsWith('-')) return at;
    if (valued.includes(word)) at += 1;
  }
  return args.length;
};

const unknownWord = (word: string): UsageError => {
  const meant = suggestion(word, [...firstWords, 'production', 'staging', 'pr']);
  return new UsageError(
    `${word} is neither a verb nor a target${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    {
      next: helpCommand(undefined),
    },
  );
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
): { readonly target: Target | undefined; readonly file: string | undefined } => {
  const next = helpCommand(verb);
  if (spec.takes === '' && words.length > 0)
    throw new UsageError(`${verb} takes nothing after it, found: ${words.join(' ')}`, { next });
  if (spec.takes === '<file>') {
    const [file, ...more] = words;
    if (file === undefined) throw new UsageError(`${verb} needs the file of a saved plan`, { next });
    if (more.length > 0) throw new UsageError(`${verb} takes one file, found also: ${more.join(' ')}`, { next });
    return { target: undefined, file };
  }
  const optional = spec.takes === '[target]' || spec.takes === '';
  const target = optional && words.length === 0 ? undefined : parseTarget(words, next);
  if (target !== undefined && options.all)
    throw new UsageError(`--all checks every environment, so ${targetWords(target)} can't be named beside it`, {
      next,
    });
  return { target, file: undefined };
};

const optionsOf = (raw: Readonly<Record<string, unknown>>, verb: Verb): Options => {
  const text = (name: string): string | null => (typeof raw[name] === 'string' ? raw[name] : null);
  const initTexts = ['project', 'domain', 'location', 'serverType', 'sshKey'] as const;
  return {
    yes: raw['yes'] === true,
    json: raw['json'] === true,
    local: localKind(text('local'), verb),
    config: text('config'),
    only: addresses(raw['only'], '--only', verb),
    replace: addresses(raw['replace'], '--replace', verb),
    adopt: addresses(raw['adopt'], '--adopt', verb),
    verbose: raw['verbose'] === true,
    color: raw['color'] !== false,
    out: text('out'),
    all: raw['all'] === true,
    init: {
      ...Object.fromEntries(initTexts.flatMap((name) => (text(name) === null ? [] : [[name, text(name)]]))),
      ...(typeof raw['staging'] === 'boolean' ? { staging: raw['staging'] } : {}),
    },
  };
};

const localKind = (value: string | null, verb: Verb): 'simulated' | null => {
  if (value === null || value === 'simulated') return value;
  const next = helpCommand(verb);
  if (value === 'docker')
    throw new UsageError(
      '--local=docker, servers that really boot, is not there yet: write --local or --local=simulated',
      { next },
    );
  throw new UsageError(`${value} is no kind of local cloud: write --local or --local=simulated`, { next });
};

const addresses = (value: unknown, flag: string, verb: Verb): Address[] =>
  (Array.isArray(value) ? value : []).map((entry: unknown) => {
    const text = String(entry);
    if (isAddress(text)) return text;
    const [kind = ''] = text.split('/');
    const meant = suggestion(kind, kinds);
    const hint =
      meant === undefined || meant === kind ? '' : `; did you mean ${meant}/${text.slice(kind.length + 1) || '…'}?`;
    throw new UsageError(`${flag} wants an address like server/production-2, found: ${text}${hint}`, {
      next: helpCommand(verb),
    });
  });

/** The invocation as one would type it again; `extra` is put at its end. */
export const commandLine = (
  invocation: Pick<Invocation, 'verb' | 'target' | 'file' | 'options'>,
  extra: readonly string[] = [],
): string => {
  const { verb, target, file, options } = invocation;
  return [
    'reconcile',
    ...(verb === 'reconcile' ? [] : [verb]),
    ...(target === undefined ? [] : [targetWords(target)]),
    ...(file === undefined ? [] : [file]),
    ...options.only.map((address) => `--only ${address}`),
    ...options.replace.map((address) => `--replace ${address}`),
    ...options.adopt.map((address) => `--adopt ${address}`),
    ...placeFlags(options),
    ...extra,
  ].join(' ');
};

/** What says which cloud and which file: repeated in every command we tell the user to run. */
export const placeFlags = (options: Options): string[] => [
  ...(options.local === null ? [] : ['--local']),
  ...(options.config === null ? [] : [`--config ${options.config}`]),
];
