import { UsageError } from '../domain/errors.ts';
import { helpCommand } from './help.ts';
import { suggestion } from './suggest.ts';
import { firstWords, optionSpecs, type Verb, verbNames } from './verbs.ts';

export type Question = { readonly ask: 'help'; readonly verb: Verb | undefined } | { readonly ask: 'version' };

/** `--help`, `help [verb]`, `--version`: asked of the program, not of an environment. */
export const questionIn = (argv: readonly string[]): Question | undefined => {
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
export const verbOf = (argv: readonly string[]): { readonly verb: Verb; readonly rest: readonly string[] } => {
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
