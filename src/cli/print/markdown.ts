import { destructiveChanges } from '../../domain/approval.ts';
import { isEmpty, type Plan } from '../../domain/plan.ts';
import type { Outcome } from '../../ports/session.ts';
import { printCheck } from './check.ts';
import type { Layout } from './layout.ts';
import { printOutcome } from './outcome.ts';
import { noPaint } from './paint.ts';
import { printPlan, summaryText } from './plan.ts';

/*
 * For comments, issues and summaries of a code host. What comes from outside (names, reasons, messages of programs)
 * stands inside fences and nowhere else: there no host reads links, mentions, HTML or images in it.
 */

/** Wide enough for most lines, and what such a page shows without a scroll bar. */
export const plainLayout: Layout = { width: 100, paint: noPaint, verbose: false };
/** GitHub refuses comments and issues of more than 65,536 characters; the rest is for what stands around. */
const textMax = 60_000;
/** A longer one is folded in a comment: whoever reads the conversation opens it. */
const openLines = 40;

/** A block in which nothing is markup: its fence is longer than any row of backticks inside. */
export const fenced = (lines: readonly string[]): string[] => {
  const text = cutTo(lines.join('\n'), textMax);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([row]) => row.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, text, fence];
};

const cutTo = (text: string, most: number): string =>
  text.length <= most
    ? text
    : `${text.slice(0, text.lastIndexOf('\n', most))}\n… cut here: the whole is longer than a page may be`;

const folded = (title: string, lines: readonly string[]): string[] =>
  lines.length <= openLines
    ? fenced(lines)
    : ['<details>', `<summary>${title}</summary>`, '', ...fenced(lines), '', '</details>'];

/** One sentence above the plan, for whoever reads nothing else. */
const verdictOn = (plan: Plan): string => {
  if (isEmpty(plan)) return 'Nothing to do.';
  const lost = destructiveChanges(plan);
  const blocked = plan.summary.blocked > 0 ? ['**Blocked**: it can not be carried out as it is.'] : [];
  const gone =
    lost.length === 0
      ? ['Nothing is rebuilt, replaced or deleted.']
      : [`**Rebuilds, replaces or deletes ${lost.length}**: somebody has to approve that.`];
  return [...blocked, ...gone].join(' ');
};

export const planMarkdown = (plan: Plan, cloudName: string): string[] => [
  `### ${summaryText(plan)}`,
  '',
  verdictOn(plan),
  '',
  ...folded('The plan', printPlan(plan, cloudName, plainLayout)),
];

export const checkMarkdown = (plan: Plan, fix: string): string[] => [
  isEmpty(plan) ? `### ${plan.environment}: no drift` : `### ${plan.environment} is not as infra.yaml wants it`,
  '',
  ...fenced(printCheck(plan, fix, plainLayout)),
];

/** null: there was nothing to do. */
export const outcomeMarkdown = (plan: Plan, outcome: Outcome | null, waitedMs: number, again: string): string[] => {
  const result = outcome?.result ?? 'converged';
  const words = {
    converged: plan.intent === 'destroy' ? 'destroyed' : 'converged',
    failed: 'failed',
    interrupted: 'interrupted',
  };
  return [
    `### ${plan.environment}: ${words[result]}`,
    '',
    outcome === null
      ? 'There was nothing to do.'
      : fenced(printOutcome(outcome, waitedMs, again, plainLayout)).join('\n'),
  ];
};

export const errorMarkdown = (command: string, lines: readonly string[]): string[] => [
  '### Ended with an error',
  '',
  ...fenced([`$ ${command}`, ...lines]),
];
