import { editDistance } from '../domain/edit-distance.ts';
import { ownLines } from './own-lines.ts';
import type { Command, ParsedComment, UnknownCommand } from './types.ts';

type Name = Command['name'];
type Read = { readonly command: Command } | { readonly unknown: UnknownCommand };

export const commandNames = ['deploy', 'redeploy', 'destroy', 'status', 'logs', 'extend', 'help'] as const;

/**
 * What a comment asks for: its first command, on a line of its own. `unknown` only where a line was clearly meant as a
 * command: a known one with something wrong behind it, or a near misspelling alone on its line. Paths, other tools'
 * commands (`/lgtm`) and sentences are nobody's business.
 */
export const parseComment = (body: string): ParsedComment => {
  const found = ownLines(body).flatMap((line) => readLine(line) ?? []);
  const [first] = found;
  if (first === undefined) return { kind: 'none' };
  if ('unknown' in first) return { kind: 'unknown', ...first.unknown };
  const { command } = first;
  return { kind: 'command', command, second: secondOf(command, found.slice(1)) };
};

/** The same said twice is said once. */
const secondOf = (command: Command, further: readonly Read[]): UnknownCommand | null => {
  for (const read of further) {
    if ('unknown' in read) return read.unknown;
    if (JSON.stringify(read.command) !== JSON.stringify(command))
      return {
        typed: commandText(read.command),
        because: `one command a comment: ${commandText(command)} above it counts, so this one needs a comment of its own`,
      };
  }
  return null;
};

/** A command as it is typed. */
export const commandText = (command: Command): string => {
  if (command.name === 'deploy') return command.sha === null ? '/deploy' : `/deploy ${command.sha}`;
  if (command.name === 'logs') return command.job === null ? '/logs' : `/logs ${command.job}`;
  return command.name === 'extend' ? `/extend ${command.ms / hourMs}h` : `/${command.name}`;
};

/** More words behind it, and the line is a sentence that happens to begin with a command. */
const argumentsMax = 2;
const typedMax = 100;

const cut = (text: string): string => [...text].slice(0, typedMax).join('');

const readLine = (line: string): Read | undefined => {
  const [, typedName = '', stop = '', rest = ''] =
    /^\/([A-Za-z][A-Za-z-]{0,30})([.,;:!?]?)((?: .*)?)$/.exec(line) ?? [];
  const words = rest.split(' ').filter((word) => word !== '');
  if (typedName === '' || words.length > argumentsMax) return undefined;
  const unknown = (because: string): Read => ({ unknown: { typed: cut(line), because } });
  const name = commandNames.find((known) => known === typedName.toLowerCase());
  if (name === undefined) {
    const meant = words.length <= 1 ? nearestTo(typedName.toLowerCase()) : undefined;
    return meant === undefined ? undefined : unknown(`there is no such command; did you mean /${meant}?`);
  }
  if (stop !== '') return unknown(`a command stands alone on its line, without ${stop}`);
  const [argument, more] = words.map((word) => cut(word.toLowerCase()));
  const read = more === undefined ? readers[name](argument) : `${usage[name]}, found: ${cut(words.join(' '))}`;
  return typeof read === 'string' ? unknown(read) : { command: read };
};

const usage: Readonly<Record<Name, string>> = {
  deploy: 'behind /deploy stands nothing, or a commit with all its 40 hex digits',
  redeploy: '/redeploy takes nothing behind it',
  destroy: '/destroy takes nothing behind it',
  status: '/status takes nothing behind it',
  logs: 'behind /logs stands nothing, or the name of one job',
  extend: 'behind /extend stands how long, in hours or days: 24h or 3d',
  help: '/help takes nothing behind it',
};

/** The command, or what is wrong with its argument. */
type Reader = (argument: string | undefined) => Command | string;
const bare =
  (name: 'redeploy' | 'destroy' | 'status' | 'help'): Reader =>
  (argument) =>
    argument === undefined ? { name } : `${usage[name]}, found: ${argument}`;

const hourMs = 3_600_000;
const extendHoursMax = 7 * 24;

const readers: Readonly<Record<Name, Reader>> = {
  deploy: (argument) => {
    if (argument === undefined) return { name: 'deploy', sha: null };
    return /^[0-9a-f]{7,64}$/.test(argument)
      ? { name: 'deploy', sha: argument }
      : `${usage.deploy}, found: ${argument}`;
  },
  redeploy: bare('redeploy'),
  destroy: bare('destroy'),
  status: bare('status'),
  logs: (argument) => {
    if (argument === undefined) return { name: 'logs', job: null };
    return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(argument)
      ? { name: 'logs', job: argument }
      : `${usage.logs}, found: ${argument}`;
  },
  extend: (argument) => {
    const [, count, unit] = /^([0-9]{1,6})([hd])$/.exec(argument ?? '') ?? [];
    if (count === undefined) return argument === undefined ? usage.extend : `${usage.extend}, found: ${argument}`;
    const hours = Number(count) * (unit === 'd' ? 24 : 1);
    if (hours === 0) return `${argument} is no time at all: write 24h or 3d`;
    return hours > extendHoursMax
      ? `${argument} is longer than 7 days, which is the most`
      : { name: 'extend', ms: hours * hourMs };
  },
  help: bare('help'),
};

/**
 * The command that a word was probably meant to be: one edit away (two for the long ones), or its first four letters and
 * more. The first letter is seldom the wrong one, and of the short ones only slips of the same letters count: `/logo`
 * and `/home` are paths.
 */
const nearestTo = (word: string): Name | undefined =>
  commandNames.find((name) => {
    if (word[0] !== name[0]) return false;
    if (name.length <= 4 && !madeOf(word, name)) return false;
    if (word.length >= 4 && name.startsWith(word)) return true;
    return editDistance(word, name) <= (name.length > 6 ? 2 : 1);
  });

/** Whether each letter of `word` is one of `name`'s, used once. */
const madeOf = (word: string, name: string): boolean => {
  const left = [...name];
  return [...word].every((letter) => left.includes(letter) && left.splice(left.indexOf(letter), 1).length === 1);
};
