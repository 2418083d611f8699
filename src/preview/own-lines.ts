import {
  type Fence,
  fenceCloses,
  fenceOpened,
  type HtmlBlock,
  htmlOpened,
  isHeadingOrRule,
  isUnderline,
  listItemOpened,
} from './markdown-blocks.ts';

/** null: a quote. A number: a list item, with the columns by which its further lines are indented. */
type Container = number | null;

interface Paragraph {
  readonly lines: { readonly text: string; readonly own: boolean }[];
}

interface Scan {
  containers: Container[];
  /** What the last line left open. */
  fence: Fence | null;
  html: HtmlBlock | null;
  paragraph: Paragraph | null;
  readonly paragraphs: Paragraph[];
}

/**
 * The lines of a comment that are its author's own plain words, as GitHub shows them: not in a code block, fenced or
 * indented, not in a list item's indented part, not quoted (nor carrying on a quote without `>`), not in HTML or an HTML
 * comment, not inside code that goes over several lines. Trimmed; in time linear in the comment's length.
 */
export const ownLines = (body: string): string[] => {
  const scan: Scan = { containers: [], fence: null, html: null, paragraph: null, paragraphs: [] };
  for (const line of body.split(/\r\n|\n|\r/)) readLine(scan, expandTabs(line));
  return scan.paragraphs.flatMap(visibleLines);
};

const expandTabs = (line: string): string => {
  if (!line.includes('\t')) return line;
  let out = '';
  for (const character of line) out += character === '\t' ? ' '.repeat(4 - (out.length % 4)) : character;
  return out;
};

const isBlank = (text: string): boolean => /^ *$/.test(text);
const isIndented = (text: string): boolean => text.startsWith('    ');

const readLine = (scan: Scan, line: string): void => {
  const { matched, rest } = matchContainers(scan.containers, line);
  const all = matched === scan.containers.length;
  if (all && scan.fence !== null) {
    if (fenceCloses(rest, scan.fence)) scan.fence = null;
    return;
  }
  if (all && scan.html !== null) {
    if (scan.html.end === null ? isBlank(rest) : scan.html.end.test(rest)) scan.html = null;
    return;
  }
  if (!all) Object.assign(scan, { fence: null, html: null });
  readBlocks(scan, matched, rest);
};

/** How many of the open containers this line carries on, and what of it is left. */
const matchContainers = (containers: readonly Container[], line: string) => {
  let rest = line;
  let matched = 0;
  for (const container of containers) {
    const quote = container === null ? /^ {0,3}> ?/.exec(rest)?.[0] : undefined;
    if (quote !== undefined) rest = rest.slice(quote.length);
    else if (container !== null && rest.startsWith(' '.repeat(container))) rest = rest.slice(container);
    else if (container !== null && isBlank(rest)) rest = '';
    else break;
    matched += 1;
  }
  return { matched, rest };
};

const containersMax = 64;

/** Opens what begins on this line: quotes and list items, then one block in them. */
const readBlocks = (scan: Scan, matchedBefore: number, line: string): void => {
  let matched = matchedBefore;
  let rest = line;
  while (!isIndented(rest) && scan.containers.length < containersMax) {
    if (readLeaf(scan, matched, rest)) return;
    const quote = /^ {0,3}> ?/.exec(rest)?.[0];
    const item = quote === undefined ? listItemOpened(rest) : undefined;
    const carriesOn = scan.paragraph !== null && matched === scan.containers.length;
    if (quote === undefined && (item === undefined || (carriesOn && !item.interrupts))) break;
    closeAt(scan, matched);
    scan.containers.push(quote === undefined ? (item?.indent ?? 0) : null);
    matched += 1;
    rest = quote === undefined ? (item?.rest ?? '') : rest.slice(quote.length);
  }
  if (isBlank(rest) || (isIndented(rest) && scan.paragraph === null)) closeAt(scan, matched);
  else readText(scan, matched, { text: rest.trim(), aside: matched > matchedBefore || isIndented(rest) });
};

const closeAt = (scan: Scan, matched: number): void => {
  scan.containers = scan.containers.slice(0, matched);
  scan.paragraph = null;
};

/** A block that holds no paragraph begins here, or ends one: a fence, HTML, a heading, a rule. */
const readLeaf = (scan: Scan, matched: number, rest: string): boolean => {
  const fence = fenceOpened(rest) ?? null;
  const html = htmlOpened(rest, scan.paragraph !== null) ?? null;
  const underline = scan.paragraph !== null && matched === scan.containers.length && isUnderline(rest);
  if (fence === null && html === null && !underline && !isHeadingOrRule(rest)) return false;
  closeAt(scan, matched);
  scan.fence = fence;
  scan.html = html?.end?.test(rest) ? null : html;
  return true;
};

/** A line of a paragraph: a new one, or it carries on the open one, also where it leaves out that one's `>` or indentation. */
const readText = (scan: Scan, matched: number, { text, aside }: { text: string; aside: boolean }): void => {
  if (scan.paragraph === null) {
    scan.containers = scan.containers.slice(0, matched);
    scan.paragraph = { lines: [] };
    scan.paragraphs.push(scan.paragraph);
  }
  scan.paragraph.lines.push({ text, own: !aside && matched === 0 && !scan.containers.includes(null) });
};

/** Without lines that a span of code, a tag, a link's target or an HTML comment goes over. */
const visibleLines = ({ lines }: Paragraph): string[] => {
  const covered = coveredLines(lines.map(({ text }) => text).join('\n'));
  return lines
    .filter(({ own }, at) => own && !covered.has(at) && !/\](?:\(<?|:)$/.test(lines[at - 1]?.text ?? ''))
    .map(({ text }) => text);
};

/** Numbers of the lines that a code span, a tag or an HTML comment goes over, where it is longer than a line. */
const coveredLines = (text: string): ReadonlySet<number> => {
  const covered = new Set<number>();
  if (!/[`<]/.test(text) || !text.includes('\n')) return covered;
  const spanEnd = spanFinder(text);
  let line = 0;
  let at = 0;
  while (at < text.length) {
    const end = spanEnd(at);
    const lines = text[at] === '\n' ? 0 : text.slice(at, end).split('\n').length - 1;
    if (lines > 0) for (let each = line; each <= line + lines; each += 1) covered.add(each);
    line += text[at] === '\n' ? 1 : lines;
    at = end;
  }
  return covered;
};

/** Where what begins at a place ends: one character of text, an escaped one, a code span, a tag or an HTML comment. */
const spanFinder = (text: string) => {
  const codeEnd = codeFinder(text);
  const lastComment = text.lastIndexOf('-->');
  return (at: number): number => {
    const next = text[at + 1] ?? '';
    if (text[at] === '\\') return next === '`' || next === '<' || next === '\\' ? at + 2 : at + 1;
    if (text[at] === '`') return codeEnd(at);
    if (text[at] !== '<') return at + 1;
    if (text.startsWith('<!--', at)) return lastComment < at + 2 ? at + 1 : text.indexOf('-->', at + 2) + 3;
    return /[A-Za-z/?!]/.test(next) ? tagEnd(text, at) : at + 1;
  };
};

/** A code span ends with the next run of as many backticks; where there is none, the backticks are text. */
const codeFinder = (text: string) => {
  const runs = new Map<number, number[]>();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const same = runs.get(run.length);
    if (same === undefined) runs.set(run.length, [index]);
    else same.push(index);
  }
  return (at: number): number => {
    let after = at;
    while (text[after] === '`') after += 1;
    const closers = runs.get(after - at) ?? [];
    // Each run is asked for once, in order: those before it are not needed again.
    while ((closers[0] ?? after) < after) closers.shift();
    return closers[0] === undefined ? after : closers[0] + after - at;
  };
};

/** A longer tag is text here. */
const tagMax = 2_000;

const tagEnd = (text: string, at: number): number => {
  let quote = '';
  let first = -1;
  const end = Math.min(text.length, at + tagMax);
  for (let place = at + 1; place < end; place += 1) {
    const character = text[place] ?? '';
    if (character === '>' && first < 0) first = place;
    if (character === '>' && quote === '') return place + 1;
    if (quote === '' ? character === '"' || character === "'" : character === quote)
      quote = quote === '' ? character : '';
  }
  return first < 0 ? at + 1 : first + 1;
};
