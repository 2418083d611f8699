import { formatCents } from '../../src/domain/money.ts';
import type { Change, Plan } from '../../src/domain/plan.ts';

/** A plan as a test reads it: every change that is one, every step with what it waits for, notices, sums. */
export const printPlan = (plan: Plan, parts: { readonly steps?: boolean; readonly keeps?: boolean } = {}): string =>
  [
    ...plan.changes.filter((change) => parts.keeps || change.action !== 'keep').flatMap(printChange),
    ...(parts.steps === false
      ? []
      : plan.steps.map(({ id, dependsOn }) => `· ${id}${dependsOn.length === 0 ? '' : ` ← ${dependsOn.join(', ')}`}`)),
    ...plan.notices.map((notice) => `* ${notice}`),
    `${plan.summary.keep} kept, ${formatCents(plan.monthlyCents.before)} → ${formatCents(plan.monthlyCents.after)} a month`,
  ].join('\n');

const printChange = ({ action, address, reasons, wipes, next }: Change): string[] => [
  `${action} ${address}`,
  ...reasons.map(({ field, from, to, because }) => {
    const values = from === undefined && to === undefined ? '' : ` ${from ?? '(none)'} → ${to ?? '(none)'},`;
    return `    ${field}:${values} ${because}`;
  }),
  ...(wipes === undefined ? [] : [`    wipes ${wipes}`]),
  ...(next === undefined ? [] : [`    next: ${next}`]),
];
