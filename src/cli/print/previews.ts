import type { LifeReport, LookedAt } from '../../ports/preview-life.ts';
import type { Layout } from './layout.ts';
import { paragraph } from './text.ts';

/** What was looked at, what was decided and why, what was done, what it cost in requests. */
export const printLife = (report: LifeReport, layout: Layout): string[] => [
  ...(report.ignored === null ? [] : paragraph(`nothing to look at: ${report.ignored}`, layout.width, '', '  ')),
  ...report.looked.flatMap((one) => printLooked(one, layout)),
  ...printRest(report, layout),
];

const sections = [
  ['destroyed', 'would be destroyed'],
  ['stopped', 'would be stopped'],
  ['deployed', 'would be deployed'],
  ['undecided', 'undecided'],
  ['kept', 'kept'],
  ['none', 'not there'],
] as const;

/** By what came of them: what went stands first. */
export const printSweep = (report: LifeReport, dry: boolean, layout: Layout): string[] => {
  const lines = sections.flatMap(([action, would]) => {
    const found = report.looked.filter((one) => one.action === action);
    if (found.length === 0) return [];
    const title = `${dry ? would : action === 'none' ? 'not there' : action} (${found.length})`;
    return [layout.paint('bold', title), ...found.flatMap((one) => printLooked(one, layout, '  ')), ''];
  });
  const nothing = lines.length === 0 ? ['no pull request wants a preview, and there is none', ''] : [];
  return [...nothing, ...lines, ...printRest(report, layout)];
};

const styles = { done: 'green', waiting: 'yellow', held: 'yellow', failed: 'red' } as const;

const printLooked = (one: LookedAt, layout: Layout, indent = ''): string[] => {
  const { paint, width } = layout;
  const inner = `${indent}  `;
  const text = (words: string, hang = '  '): string[] => paragraph(words, width, inner, inner + hang);
  return [
    `${indent}${paint('bold', one.environment)}: ${paint(styles[one.end], one.state)}`,
    ...(one.because === null ? [] : text(one.because)),
    ...one.did.flatMap((sentence) => text(`- ${sentence}`)),
    ...(one.trouble === null ? [] : text(one.trouble).map((line) => paint(styles[one.end], line))),
    ...(one.url === null ? [] : [`${inner}${one.url}`]),
    ...(one.comment === null ? [] : [`${inner}said at ${one.comment}`]),
  ];
};

const printRest = ({ notes, problems, requests }: LifeReport, { width, paint }: Layout): string[] => {
  const { github, githubLeft, hetzner } = requests;
  const left = githubLeft === null ? '' : ` (${githubLeft} left)`;
  const used = `requests: ${github} to GitHub${left}, ${hetzner.read + hetzner.write} to Hetzner`;
  return [
    ...notes.flatMap((sentence) => paragraph(sentence, width, '', '  ')),
    ...problems.flatMap((sentence) => paragraph(sentence, width, '', '  ').map((line) => paint('red', line))),
    ...paragraph(used, width, '', '  ').map((line) => paint('dim', line)),
  ];
};
