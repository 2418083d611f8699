/*
 * Where a block of Markdown begins and ends, as far as it decides whether a line is shown as plain text
 * (https://github.github.com/gfm/, "Container blocks", "Leaf blocks"). Lines have their tabs expanded.
 */

export interface Fence {
  readonly mark: '`' | '~';
  readonly length: number;
}

/** Three or more of one mark; what follows backticks holds none itself. */
export const fenceOpened = (line: string): Fence | undefined => {
  const run = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(line);
  if (run === null) return undefined;
  return run[1] === undefined ? { mark: '~', length: run[2]?.length ?? 0 } : { mark: '`', length: run[1].length };
};

/** At least as many of the same mark, and nothing after them. */
export const fenceCloses = (line: string, { mark, length }: Fence): boolean => {
  const run = /^ {0,3}(`{3,}|~{3,}) *$/.exec(line)?.[1];
  return run?.[0] === mark && run.length >= length;
};

export const isHeadingOrRule = (line: string): boolean =>
  /^ {0,3}#{1,6}(?: |$)/.test(line) || /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/.test(line);

/** Below a paragraph it makes a heading of it. */
export const isUnderline = (line: string): boolean => /^ {0,3}=+ *$/.test(line);

export interface ListItem {
  /** Columns by which further lines of the item are indented. */
  readonly indent: number;
  readonly rest: string;
  /** Only such an item may follow a paragraph without a blank line. */
  readonly interrupts: boolean;
}

export const listItemOpened = (line: string): ListItem | undefined => {
  const item = /^( {0,3}(?:[-+*]|(\d{1,9})[.)]))( +|$)(.*)$/.exec(line);
  if (item === null) return undefined;
  const [, marker = '', number, gap = '', text = ''] = item;
  // Five blanks or more: one belongs to the marker, the others make indented code.
  const indent = marker.length + (text === '' || gap.length > 4 ? 1 : gap.length);
  return {
    indent,
    rest: line.slice(indent),
    interrupts: text !== '' && (number === undefined || Number(number) === 1),
  };
};

const blockNames =
  'address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|' +
  'fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|' +
  'menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|source|summary|table|tbody|td|tfoot|th|thead|' +
  'title|tr|track|ul';
const attribute = '\\s+[a-zA-Z_:][\\w.:-]*(?:\\s*=\\s*(?:[^\\s"\'=<>`]+|\'[^\']*\'|"[^"]*"))?';

/** Beginning of an HTML block, and what ends it; null: a blank line. */
const htmlBlocks: readonly { readonly start: RegExp; readonly end: RegExp | null }[] = [
  { start: /^<(?:script|pre|textarea|style)(?:\s|>|$)/i, end: /<\/(?:script|pre|textarea|style)>/i },
  { start: /^<!--/, end: /-->/ },
  { start: /^<\?/, end: /\?>/ },
  { start: /^<![A-Za-z]/, end: />/ },
  { start: /^<!\[CDATA\[/, end: /\]\]>/ },
  { start: new RegExp(`^</?(?:${blockNames})(?:\\s|/?>|$)`, 'i'), end: null },
];
const loneTag = new RegExp(`^(?:<[a-zA-Z][a-zA-Z0-9-]*(?:${attribute})*\\s*/?>|</[a-zA-Z][a-zA-Z0-9-]*\\s*>)\\s*$`);

export interface HtmlBlock {
  readonly end: RegExp | null;
}

/** `inParagraph`: any other tag alone on its line begins a block only where no paragraph is open. */
export const htmlOpened = (line: string, inParagraph: boolean): HtmlBlock | undefined => {
  const text = /^ {0,3}(<.*)$/.exec(line)?.[1];
  if (text === undefined) return undefined;
  const block = htmlBlocks.find(({ start }) => start.test(text));
  if (block !== undefined) return { end: block.end };
  return !inParagraph && loneTag.test(text) ? { end: null } : undefined;
};
