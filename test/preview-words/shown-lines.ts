import { spawnSync } from 'node:child_process';

export const hasCmark = spawnSync('cmark-gfm', ['--version']).status === 0;

/**
 * Lines that are nothing but plain text, in paragraphs outside quotes, as GitHub's own parser reads a comment; with
 * those of list items, which may carry on without indentation, and of headings, which an underline makes of a paragraph.
 */
export const shownLines = (markdown: string): string[] => {
  const { status, stdout } = spawnSync('cmark-gfm', ['-t', 'xml', '-e', 'table', '-e', 'strikethrough'], {
    input: markdown,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cmark-gfm ended with ${status}`);
  const lines: string[] = [];
  let quotes = 0;
  let line: string | null = null;
  const end = (): void => {
    if (line !== null && quotes === 0) lines.push(line.trim());
    line = '';
  };
  for (const [, tag = '', attributes = '', text = ''] of stdout.matchAll(/<(\/?\w+)([^>]*)>([^<]*)/g)) {
    if (tag === 'block_quote') quotes += attributes.endsWith('/') ? 0 : 1;
    else if (tag === '/block_quote') quotes -= 1;
    else if (tag === 'paragraph' || tag === 'heading') line = '';
    else if (tag === 'softbreak' || tag === 'linebreak' || tag === '/paragraph' || tag === '/heading') end();
    else if (tag === 'text') line = (line ?? '') + text;
    // Whatever else stands on the line, it is not alone there.
    else if (!tag.startsWith('/')) line = `${line ?? ''}\u0000`;
  }
  return lines;
};
