import { formatCents } from '../../domain/money.ts';
import type { Change, Reason } from '../../domain/plan.ts';
import type { Layout } from './layout.ts';
import { padEnd, padStart, paragraph, widthOf } from './text.ts';
import type { VerdictStyle } from './verdicts.ts';

const absent = '(none)';

/** `+€4.59`; empty when the price stays. */
export const centsDelta = ({ before, after }: { readonly before: number; readonly after: number }): string =>
  after === before ? '' : `${after > before ? '+' : ''}${formatCents(after - before)}`;

/** One change: its line, then why, what it wipes and the way out. `foldedBecause` was said in the heading. */
export const printChange = (
  change: Change,
  verdict: VerdictStyle,
  columns: Columns,
  layout: Layout,
  foldedBecause: string | undefined,
): string[] => {
  const { paint, width } = layout;
  const lines = [headline(change, verdict, columns, layout)];
  for (const reason of change.reasons)
    if (foldedBecause === undefined || reason.because !== foldedBecause) lines.push(...printReason(reason, layout));
  if (change.wipes !== undefined)
    lines.push(...paragraph(`WIPES ${change.wipes}`, width, '      ', '        ').map((line) => paint('red', line)));
  if (change.next !== undefined) lines.push(...printNext(change.next, layout, '      '));
  return lines;
};

/** Widths that make the headlines of one verdict a table. */
export interface Columns {
  readonly address: number;
  readonly what: number;
}

/** Address, what it is where it comes to be, and its price a month; what does not fit is cut, never wrapped. */
const headline = (change: Change, verdict: VerdictStyle, columns: Columns, { paint, width }: Layout): string => {
  const money = centsDelta(change.monthlyCents);
  const price = money === '' ? '' : `${padStart(money, 7)}/month`;
  const what = whatShown(change);
  const left = `  ${verdict.symbol} ${padEnd(change.address, what === '' && price === '' ? 0 : columns.address)}`;
  const room = width - widthOf(left) - 2 - (price === '' ? 0 : widthOf(price) + 2);
  const cut = widthOf(what) <= room ? what : room > 12 ? `${what.slice(0, room - 1)}…` : '';
  const middle = price === '' ? cut : padEnd(cut, Math.min(columns.what, room));
  const dimmed = middle === '' ? [] : [paint('dim', middle)];
  return [paint(verdict.style, left), ...dimmed, ...(price === '' ? [] : [price])].join('  ');
};

export const whatShown = ({ action, what }: Change): string =>
  action === 'create' || action === 'replace' ? (what ?? '') : '';

export const printReason = (reason: Reason, layout: Layout): string[] => {
  const { from, to, field, because } = reason;
  const { paint, width } = layout;
  if (from === undefined && to === undefined) return paragraph(`${field}: ${because}`, width, '      ', '        ');
  const values = `${from ?? absent} → ${to ?? absent}`;
  if (values.includes('\n'))
    return [...printBlock(reason, layout), ...paragraph(`because ${because}`, width, '        ')];
  const whole = `${field}: ${values}, because ${because}`;
  if (6 + widthOf(whole) <= width)
    return [
      `      ${field}: ${paint('red', from ?? absent)} → ${paint('green', to ?? absent)}${paint('dim', `, because ${because}`)}`,
    ];
  return [
    ...paragraph(`${field}: ${values}`, width, '      ', '        '),
    ...paragraph(`because ${because}`, width, '        ').map((line) => paint('dim', line)),
  ];
};

/** Texts of several lines: what stays, what goes, what comes. */
const printBlock = ({ field, from, to }: Reason, { paint, width }: Layout): string[] => {
  const before = (from ?? absent).split('\n');
  const after = (to ?? absent).split('\n');
  const line = (sign: string, text: string): string[] => paragraph(text, width, `        ${sign} `, '            ');
  return [
    `      ${field}:`,
    ...before
      .filter((text) => after.includes(text))
      .flatMap((text) => line(' ', text))
      .map((text) => paint('dim', text)),
    ...before
      .filter((text) => !after.includes(text))
      .flatMap((text) => line('-', text))
      .map((text) => paint('red', text)),
    ...after
      .filter((text) => !before.includes(text))
      .flatMap((text) => line('+', text))
      .map((text) => paint('green', text)),
  ];
};

/** A command and nothing else, or a sentence that ends in one: a command is copied, so it is never broken. */
const onlyCommand = /^(?:reconcile|npx|hcloud|mv|rm) [^,();]*$/;
const endsInCommand = /^(.*:) ((?:reconcile|npx|hcloud|mv|rm) [^,();]*)$/;

/** The next command: whole, on a line of its own where it would not fit; sentences are wrapped. */
export const printNext = (next: string, { paint, width }: Layout, indent: string): string[] => {
  const [first = '', ...more] = next.split('\n');
  return [...printNextLine(`next: ${first}`, width, indent), ...more.map((line) => `${indent}  ${line}`)].map((line) =>
    paint('cyan', line),
  );
};

const printNextLine = (text: string, width: number, indent: string): string[] => {
  if (onlyCommand.test(text.slice('next: '.length))) return [`${indent}${text}`];
  const [, sentence, command] = endsInCommand.exec(text) ?? [];
  if (sentence === undefined || command === undefined || indent.length + widthOf(text) <= width)
    return paragraph(text, width, indent, `${indent}  `);
  return [...paragraph(sentence, width, indent, `${indent}  `), `${indent}    ${command}`];
};
