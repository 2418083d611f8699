import { formatCents } from '../../domain/money.ts';
import type { CostReport } from '../../ports/session.ts';
import type { Layout } from './layout.ts';
import { table } from './table.ts';
import { padEnd, padStart, paragraph, widthOf } from './text.ts';

/** Per environment, then typical and maximum with what each is made of; `--verbose` adds every billed object. */
export const printCost = (report: CostReport, cloudName: string, layout: Layout): string[] => {
  const { paint, width } = layout;
  const lines = table(
    [
      { title: 'ENVIRONMENT' },
      { title: 'SERVERS', align: 'right' },
      { title: 'A MONTH', align: 'right' },
      { title: 'A YEAR', align: 'right' },
    ],
    [
      ...report.environments.map(({ environment, servers, monthlyCents, annualCents }) => [
        environment,
        String(servers),
        formatCents(monthlyCents),
        formatCents(annualCents),
      ]),
      ...report.totals.map(({ name, monthlyCents, annualCents }) => [
        name,
        '',
        formatCents(monthlyCents),
        formatCents(annualCents),
      ]),
    ],
  );
  return [
    ...paragraph(`Prices of ${cloudName} in ${report.currency}, ${vatText(report.vatRate)}`, width, '', '  '),
    '',
    paint('bold', lines[0] ?? ''),
    ...report.environments.flatMap((environment, index) => [
      lines[index + 1] ?? '',
      ...printLines(environment.lines, layout),
    ]),
    ...(report.totals.length === 0 ? [] : ['']),
    ...report.totals.flatMap((total, index) => [
      paint('bold', lines[report.environments.length + 1 + index] ?? ''),
      ...paragraph(`= ${total.madeOf}`, width, '  ', '    '),
    ]),
    ...(layout.verbose ? [] : ['', paint('dim', '--verbose shows every billed object')]),
  ];
};

/** `"21.0000"` → `21 % VAT included`. */
const vatText = (rate: string): string => `${Number.isNaN(Number(rate)) ? rate : String(Number(rate))} % VAT included`;

const printLines = (lines: CostReport['environments'][number]['lines'], { paint, verbose }: Layout): string[] => {
  if (!verbose) return [];
  const address = Math.max(0, ...lines.map((line) => widthOf(line.address)));
  const what = Math.max(0, ...lines.map((line) => widthOf(line.what)));
  return lines.map((line) =>
    paint(
      'dim',
      `  ${padEnd(line.address, address)}  ${padEnd(line.what, what)}  ${padStart(formatCents(line.cents), 9)}`,
    ),
  );
};
