/*
 * A second opinion on what is code in our Markdown, made of the specification and not of src/preview/escape.ts. Our
 * templates hold no lists and no quotes, so a document is fences, and paragraphs between blank lines.
 */

/** What is left of a document outside code: entities stand as they are written. */
export const outsideCode = (markdown: string): string => {
  const kept: string[] = [];
  let open: { readonly mark: string; readonly length: number } | null = null;
  for (const line of markdown.split('\n')) {
    const run = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    const [, marks = '', rest = ''] = run ?? [];
    if (open !== null) {
      if (marks[0] === open.mark && marks.length >= open.length && rest.trim() === '') open = null;
    } else if (run !== null && !(marks[0] === '`' && rest.includes('`'))) {
      open = { mark: marks[0] ?? '', length: marks.length };
      kept.push('');
    } else kept.push(line);
  }
  if (open !== null) throw new Error('a fence is left open');
  return kept
    .join('\n')
    .split(/\n{2,}/)
    .map(withoutSpans)
    .join('\n\n');
};

const withoutSpans = (paragraph: string): string => {
  let out = '';
  let at = 0;
  while (at < paragraph.length) {
    const run = /^`+/.exec(paragraph.slice(at))?.[0];
    if (run === undefined) {
      out += paragraph[at];
      at += 1;
      continue;
    }
    const close = [...paragraph.slice(at + run.length).matchAll(/`+/g)].find(([other]) => other.length === run.length);
    if (close === undefined) throw new Error(`a span of code is left open: ${paragraph.slice(at, at + 40)}`);
    const inside = paragraph.slice(at + run.length, at + run.length + close.index);
    if (inside.includes('\n')) throw new Error(`a span of code goes over a line: ${inside}`);
    out += '·';
    at += run.length + close.index + run.length;
  }
  return out;
};

const ourTags = new Set(['<details>', '</details>', '<summary>', '</summary>', '<sub>', '</sub>', '<br>']);

/** What stands outside code and is not ours: tags, targets of links, mentions, references, addresses, emoji by name. */
export const foreignIn = (markdown: string, ourTargets: readonly string[]): string[] => {
  const text = outsideCode(markdown);
  const tags = text.match(/<[^>]*>?/g) ?? [];
  const targets = [...text.matchAll(/\]\(([^)]*)\)?/g)].map(([, target = '']) => target);
  const plain = text.replaceAll(/\]\([^)]*\)/g, ']').replaceAll(/<[^>]*>/g, ' ');
  const decoded = plain.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  return [
    ...tags.filter(
      (tag, index) => !ourTags.has(tag) && !(index === 0 && /^<!-- reconcile:[a-z]+:pr-\d+ -->$/.test(tag)),
    ),
    ...targets.filter((target) => !ourTargets.includes(target)),
    ...(plain.match(/!\[|\]\[|\]:/g) ?? []),
    ...(decoded.match(/@[\w-]|#\d|\bgh-\d|www\.|:\/\/|:[\w+-]+:/gi) ?? []),
  ];
};
