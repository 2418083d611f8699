/*
 * Everybody's text in our Markdown. Three ways lead in, and each is harmless by its shape, not by what is found in a
 * text: `prose` (no character of it can begin Markdown or HTML), `code` and `fence` (delimiters longer than any in it).
 * GitHub reads mentions, references, addresses and emoji out of the finished HTML, where entities are letters again;
 * it leaves code alone (https://github.com/gjtorikian/html-pipeline), so in prose an invisible letter parts them.
 */

/** Terminal sequences: CSI, OSC with its end, and others of two letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is taken out.
const terminal = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -~]?/g;
/** Control letters but tab and newline; letters that turn the direction of writing; letters nobody sees. */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is taken out.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const lineBreak = /\r\n|\r|\n|\u0085|\u2028|\u2029/;

/** Our comments are found by what they begin with: nobody's text may hold that, not even as code. */
const likeOurs = /<!--(?=\s*reconcile:)/gi;

/** Lines of visible letters. A return of the carriage, as progress bars use it, begins a line. */
export const visibleLines = (text: string): string[] =>
  text
    .toWellFormed()
    .replaceAll(terminal, '')
    .split(lineBreak)
    .map((line) => line.replaceAll(unseen, '').replaceAll(likeOurs, '<! --').replaceAll('\t', '  ').trimEnd());

/** One line of visible letters. */
export const visibleText = (text: string): string => visibleLines(text).join(' ').replaceAll(/\s+/g, ' ').trim();

/** At most `max` letters, the last of them `…` where some are missing. */
export const cutEnd = (text: string, max: number): string => {
  if (text.length <= max) return text;
  return `${text
    .slice(0, Math.max(0, max - 1))
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
};

const joiner = '\u2060';
/** What GitHub would make a link, a mention or a picture of: `@login`, `#7`, `GH-7`, `http://`, `www.`, `:tada:`. */
const parted = (text: string): string =>
  text
    .replaceAll(/[@#]/g, (mark) => mark + joiner)
    .replaceAll(/GH-/gi, (mark) => mark + joiner)
    .replaceAll(/www/gi, (mark) => mark + joiner)
    .replaceAll(/:(?=\S)/g, (mark) => mark + joiner);

/** Text between other text, on one line: all ASCII signs that could mean something are written as entities. */
export const prose = (text: string, max = 1_000): string =>
  parted(cutEnd(visibleText(text), max)).replaceAll(/[!-~]/g, (sign) =>
    /[A-Za-z0-9,;'"?%/]/.test(sign) ? sign : `&#${sign.codePointAt(0)};`,
  );

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

/** The same as a sentence of its own: a capital where it begins with a small letter, and a full stop where it has no end. */
export const sentence = (text: string): string => {
  const shown = cutEnd(visibleText(text), 1_000);
  if (shown === '') return '';
  return prose(shown[0]?.toUpperCase() + shown.slice(1)) + stopOf(shown);
};

/** What closes a sentence that ends with this. */
export const stopOf = (text: string): string => (/[.?!…]$/.test(text.trim()) ? '' : '.');

/** So that delimiters stay short. */
const withoutLongRuns = (text: string): string => text.replaceAll(/`{10,}/g, '`````````…');

/** One line as code. Not for tables: `|` stays what it is. */
export const code = (text: string, max = 100): string => {
  const shown = withoutLongRuns(cutEnd(visibleText(text), max));
  if (shown === '') return '`(nothing)`';
  const delimiter = '`'.repeat(longestRun(shown) + 1);
  const gap = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return delimiter + gap + shown + gap + delimiter;
};

/** Names of things (jobs, images, logins, environments) as code, also in tables: whatever no such name holds is `?`. */
export const nameCode = (text: string, max = 255): string => code(text.replaceAll(/[^\w.:/@+[\]-]/g, '?'), max);

export interface Tail {
  readonly lines: number;
  readonly characters: number;
}

/** The last lines as a block of code; says how many are left out above. Stands on lines of its own. */
export const fence = (text: string, { lines, characters }: Tail): string => {
  const all = visibleLines(text);
  while (all.at(-1) === '') all.pop();
  const shown: string[] = [];
  let left = characters;
  for (const line of all.slice(-lines).reverse()) {
    const cut = withoutLongRuns(cutEnd(line, Math.min(2_000, characters)));
    if (cut.length + 1 > left) break;
    left -= cut.length + 1;
    shown.unshift(cut);
  }
  const missing = all.length - shown.length;
  const above = missing === 0 ? [] : [`… ${missing} earlier ${missing === 1 ? 'line' : 'lines'}`];
  const body = [...above, ...(all.length === 0 ? ['(nothing)'] : shown)].join('\n');
  const delimiter = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${delimiter}text\n${body}\n${delimiter}`;
};

/** A web address that holds nothing but one; null: it is not linked. */
export const safeUrl = (url: string | null): string | null =>
  url !== null && url.length <= 2_000 && /^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[\w.~/#?=&%+@:-]*)?$/.test(url)
    ? url
    : null;

/** `label` is Markdown of ours. Without an address that can be trusted there is only the label. */
export const link = (label: string, url: string | null): string => {
  const safe = safeUrl(url);
  return safe === null ? label : `[${label}](${safe})`;
};
