import { isEmpty, type Plan, type Reason } from '../../domain/plan.ts';
import { printNext } from './change.ts';
import type { Layout } from './layout.ts';
import { requestsText, summaryText } from './plan.ts';
import { paragraph, plural } from './text.ts';
import { verdictStyles } from './verdicts.ts';

const drifted = (plan: Plan) => plan.changes.filter((change) => change.action !== 'keep');

/** Drift of one environment: each address that differs, with what infra.yaml wants and what is there. */
export const printCheck = (plan: Plan, fix: string, layout: Layout): string[] => {
  const { paint, width } = layout;
  if (isEmpty(plan))
    return [
      paint('green', `${plan.environment}: no drift, ${plan.summary.keep} as wanted`),
      ...printBase(plan, layout),
    ];
  return [
    paint(
      'bold',
      `${plan.environment}: ${plural(drifted(plan).length, 'address differs', 'addresses differ')} from infra.yaml`,
    ),
    ...verdictStyles.flatMap((verdict) =>
      drifted(plan)
        .filter((change) => change.action === verdict.action)
        .flatMap((change) => [
          `  ${paint(verdict.style, `${verdict.symbol} ${change.address}`)} (${change.action})`,
          ...change.reasons.flatMap((reason) => printDifference(reason, layout)),
          ...(change.wipes === undefined
            ? []
            : paragraph(`healing it WIPES ${change.wipes}`, width, '      ', '        ')),
          ...(change.next === undefined ? [] : printNext(change.next, layout, '      ')),
        ]),
    ),
    ...printBase(plan, layout),
    ...paragraph(summaryText(plan), width, ''),
    ...printNext(fix, layout, ''),
  ];
};

const printDifference = ({ field, from, to, because }: Reason, { width }: Layout): string[] => [
  ...paragraph(`${field}: ${because}`, width, '      ', '        '),
  ...(from === undefined && to === undefined
    ? []
    : [...lines('want', to ?? '(none)', width), ...lines('have', from ?? '(none)', width)]),
];

const lines = (word: string, value: string, width: number): string[] =>
  value
    .split('\n')
    .flatMap((line, index) =>
      paragraph(line, width, index === 0 ? `        ${word}  ` : '              ', '              '),
    );

const printBase = (plan: Plan, { width }: Layout): string[] => [
  ...plan.notices.flatMap((notice) => paragraph(notice, width, '  * ', '    ')),
  ...paragraph(requestsText(plan), width, ''),
];
