import { criticalPathMs } from '../../domain/critical-path.ts';
import { formatCents } from '../../domain/money.ts';
import { type Change, isEmpty, type Plan } from '../../domain/plan.ts';
import { printBlocked } from './blocked.ts';
import { type Columns, centsDelta, printChange, whatShown } from './change.ts';
import type { Layout } from './layout.ts';
import { duration, paragraph, plural, widthOf } from './text.ts';
import { type VerdictStyle, verdictStyles } from './verdicts.ts';

/** A plan as text: heading, changes by verdict, notices, sums. */
export const printPlan = (plan: Plan, cloudName: string, layout: Layout): string[] => [
  ...heading(plan, cloudName, layout),
  ...verdictStyles.flatMap((verdict) => printVerdict(plan, verdict, layout)),
  ...printSteps(plan, layout),
  ...printNotices(plan, layout),
  ...printSums(plan, layout),
];

const heading = (plan: Plan, cloudName: string, { paint, width }: Layout): string[] => {
  const what = plan.intent === 'destroy' ? 'Destroy' : 'Plan for';
  const [first = '', ...more] = paragraph(
    `${plan.environment}, project ${plan.project}, ${cloudName}`,
    width - what.length - 1,
    '',
  );
  return [paint('bold', `${what} ${first}`), ...more.map((line) => paint('bold', `  ${line}`)), ''];
};

const printVerdict = (plan: Plan, verdict: VerdictStyle, layout: Layout): string[] => {
  const changes = plan.changes.filter((change) => change.action === verdict.action);
  if (changes.length === 0) return [];
  const { paint, verbose, width } = layout;
  if (verdict.action === 'keep' && !verbose) return [paint('dim', `= ${changes.length} unchanged`), ''];
  if (verdict.action === 'blocked') return printBlocked(changes, verdict, layout);
  const folded = verdict.action === 'keep' ? undefined : commonBecause(changes);
  const title = `${verdict.title} (${changes.length})${folded === undefined ? '' : `: ${folded}`}`;
  const columns = columnsOf(changes);
  return [
    ...paragraph(title, width, '').map((line) => paint('bold', line)),
    ...changes.flatMap((change) =>
      verdict.action === 'keep'
        ? [paint('dim', `  = ${change.address}`)]
        : printChange(change, verdict, columns, layout, folded),
    ),
    '',
  ];
};

const columnsOf = (changes: readonly Change[]): Columns => {
  const isPriced = (change: Change): boolean => centsDelta(change.monthlyCents) !== '';
  const wide = (texts: readonly string[]): number => Math.max(0, ...texts.map(widthOf));
  return {
    address: wide(changes.filter((one) => isPriced(one) || whatShown(one) !== '').map((one) => one.address)),
    what: wide(changes.filter(isPriced).map(whatShown)),
  };
};

/** A first reason shared by every change of a verdict is said once, in its heading. */
const commonBecause = (changes: readonly Change[]): string | undefined => {
  const [first, ...more] = changes.map(({ reasons: [reason] }) =>
    reason?.from === undefined && reason?.to === undefined ? reason?.because : undefined,
  );
  return more.length > 0 && more.every((because) => because === first) ? first : undefined;
};

const printSteps = (plan: Plan, { paint, verbose }: Layout): string[] =>
  verbose && plan.steps.length > 0
    ? [
        paint('bold', `Steps (${plan.steps.length})`),
        ...plan.steps.map((step) => paint('dim', `    ${step.id}, about ${duration(step.estimateMs)}`)),
        '',
      ]
    : [];

const printNotices = (plan: Plan, { paint, width }: Layout): string[] =>
  plan.notices.length === 0
    ? []
    : [paint('bold', 'Notices'), ...plan.notices.flatMap((notice) => paragraph(notice, width, '  * ', '    ')), ''];

const printSums = (plan: Plan, layout: Layout): string[] => [
  ...paragraph(summaryText(plan), layout.width, '').map((line) => layout.paint('bold', line)),
  ...paragraph(moneyText(plan), layout.width, ''),
  ...paragraph(requestsText(plan), layout.width, ''),
  ...(plan.steps.length === 0 ? [] : paragraph(estimateText(plan), layout.width, '')),
];

const estimateText = ({ steps }: Plan): string =>
  `about ${duration(criticalPathMs(steps))} for ${plural(steps.length, 'step')}, by the longest chain of steps`;

/** `production: 9 to create, 2 to update, 12 unchanged`. */
export const summaryText = (plan: Plan): string => {
  const { summary } = plan;
  const parts = verdictStyles
    .filter(({ action }) => action !== 'keep' && summary[action] > 0)
    .map(({ action }) => (action === 'blocked' ? `${summary.blocked} blocked` : `${summary[action]} to ${action}`));
  const unchanged = `${summary.keep} unchanged`;
  if (parts.length > 0) return `${plan.environment}: ${[...parts, unchanged].join(', ')}`;
  if (plan.intent === 'destroy') return `${plan.environment}: nothing to destroy`;
  return isEmpty(plan)
    ? `${plan.environment}: no changes, ${unchanged}`
    : `${plan.environment}: ${plural(plan.steps.length, 'step')} to do, ${unchanged}`;
};

const moneyText = ({ monthlyCents }: Plan): string => {
  const delta = centsDelta(monthlyCents);
  const { before, after } = monthlyCents;
  return delta === ''
    ? `${formatCents(before)} a month, as before`
    : `${formatCents(before)} a month before, ${formatCents(after)} after (${delta})`;
};

export const requestsText = ({ requests, budget }: Pick<Plan, 'requests' | 'budget'>): string => {
  const used = `${plural(requests.read + requests.write, 'API request')} (${requests.read} reading, ${requests.write} writing)`;
  return budget === null ? used : `${used}, ${budget.remaining} of ${budget.limit} an hour left`;
};
