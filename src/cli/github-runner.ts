import type { CliInput } from './io.ts';
import { cleanText } from './print/clean.ts';

/*
 * Inside a workflow of GitHub a step has two files to write to (docs.github.com: workflow commands): one becomes the
 * summary of its job, the other its outputs. Where the variables are not set, nothing is written.
 */

type Told = Pick<CliInput, 'env' | 'files' | 'io' | 'secrets'>;

/** GitHub refuses a summary of more than a mebibyte a step. */
const summaryMax = 1_000_000;

/** Adds Markdown to the summary of the job. */
export const addSummary = (told: Told, lines: () => readonly string[]): Promise<void> =>
  append(told, 'GITHUB_STEP_SUMMARY', (before) => {
    const text = `${lines().join('\n')}\n\n`;
    return before.length + text.length > summaryMax ? '' : text;
  });

/** Outputs of the step; a value of several lines would write outputs of its own, and is made one line. */
export const setOutputs = (told: Told, values: Readonly<Record<string, string>>): Promise<void> =>
  append(told, 'GITHUB_OUTPUT', () =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value.replaceAll(/[\r\n]+/g, ' ')}\n`)
      .join(''),
  );

/**
 * A runner carries out what is printed as `::name::` at the beginning of a line, or as `##[name]` anywhere in one
 * (actions/runner, ActionCommand.cs): outputs of the step among them. We print none, so any is somebody else's text.
 */
export const withoutCommands = (text: string): string =>
  text.replaceAll(/^(\s*):(?=:[a-z])/gim, '$1: ').replaceAll('##[', '## [');

/** What the command was for is done by now: that this file could not be written is said, and changes no exit code. */
const append = async (
  { env, files, io, secrets }: Told,
  variable: string,
  textFor: (before: string) => string,
): Promise<void> => {
  const path = env[variable];
  if (path === undefined || path === '') return;
  try {
    const before = (await files.read(path)) ?? '';
    const text = cleanText(textFor(before), secrets());
    if (text !== '') await files.write(path, before + text, { mode: 0o600, replace: true });
  } catch (error) {
    io.stderr.write(`${variable}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
};
