import { UsageError } from '../domain/errors.ts';
import { helpCommand } from './help.ts';
import { suggestion } from './suggest.ts';
import { firstWords, optionSpecs, type Verb, verbNames, verbs } from './verbs.ts';

export type Question = { readonly ask: 'help'; readonly verb: Verb | undefined } | { readonly ask: 'version' };

/** `--help`, `help [verb]`, `--version`: asked of the program, not of an environment. */
export const questionIn = (argv: readonly string[]): Question | undefined => {
  if (argv.includes('--version') || argv.includes('-V')) return { ask: 'version' };
  const words = argv.slice(firstOperand(argv)).filter((word) => !word.startsWith('-'));
  const about = words[0] === 'help' ? words.slice(1) : words;
  if (words[0] !== 'help' && !argv.includes('--help') && !argv.includes('-h')) return undefined;
  const [first] = about;
  if (first === undefined || isTargetWord(first)) return { ask: 'help', verb: undefined };
  const double = doubles[first];
  if (double !== undefined)
    return { ask: 'help', verb: double.find((verb) => verb === about.slice(0, 2).join(' ')) ?? double[0] };
  const verb = verbNames.find((name) => name === first);
  if (verb === undefined) throw unknownWord(first);
  return { ask: 'help', verb };
};

/** Verbs of two words, by their first. */
const doubles: Readonly<Record<string, readonly [Verb, ...Verb[]]>> = {
  state: [
    'state show',
    'state history',
    'state pull',
    'state push',
    'state rebuild',
    'state unlock',
    'state init',
    'state migrate',
    'state keygen',
    'state reencrypt',
  ],
  secrets: ['secrets list', 'secrets set', 'secrets unset'],
  access: ['access open', 'access close'],
};

/** Few of them with what follows; many by their names alone. */
const choicesOf = (double: readonly Verb[]): string =>
  double.length <= 3
    ? double.map((one) => `${one} ${verbs[one].takes}`).join(', ')
    : double.map((one) => one.split(' ')[1]).join(', ');

const isTargetWord = (word: string): boolean =>
  ['production', 'staging', 'pr', 'pool'].includes(word) || /^pr-/.test(word);

/**
 * `--local` and `--allow-runner` may come without a value, and what follows them may be the target: the value is tied to
 * its option here. After `--allow-runner` only what looks like an address is one; an empty word is a variable not set.
 */
const joined = (argv: readonly string[]): string[] => {
  const words: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const next = argv[at + 1];
    if (word === '--local') words.push('--local=');
    else if (word !== '--allow-runner') words.push(word);
    else if (next === undefined || !/^(?:(?=.*[.:])[0-9a-fA-F.:/]+)?$/.test(next)) words.push(`${word}=`);
    else {
      words.push(`${word}=${next}`);
      at += 1;
    }
  }
  return words;
};

/** Options may stand before the verb (`--local plan production`), so the verb is the first word that is no option's value. */
export const verbOf = (argv: readonly string[]): { readonly verb: Verb; readonly rest: readonly string[] } => {
  const args = joined(argv);
  const at = firstOperand(args);
  const first = args[at];
  if (first === undefined || isTargetWord(first)) return { verb: 'reconcile', rest: args };
  const double = doubles[first];
  if (double !== undefined) {
    const second = args[at + 1];
    const verb = double.find((one) => one === `${first} ${second}`);
    if (verb !== undefined) return { verb, rest: [...args.slice(0, at), ...args.slice(at + 2)] };
    const shown = choicesOf(double);
    throw new UsageError(
      second === undefined || second.startsWith('-')
        ? `${first} needs a verb: ${shown}`
        : `${first} ${second} is no verb here: write ${shown}`,
      { next: helpCommand(double[0]) },
    );
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
