import type { StatusLine } from '../../ports/session.ts';
import type { Layout } from './layout.ts';
import type { Style } from './paint.ts';
import { padEnd, paragraph } from './text.ts';

const signs: Readonly<Record<StatusLine['health'], { readonly symbol: string; readonly style: Style }>> = {
  ok: { symbol: '✓', style: 'green' },
  bad: { symbol: '✗', style: 'red' },
  unknown: { symbol: '?', style: 'yellow' },
  absent: { symbol: '-', style: 'dim' },
};

const titles: Readonly<Record<StatusLine['layer'], string>> = {
  servers: 'Servers',
  'load-balancer': 'Load balancer',
  dns: 'DNS',
  consul: 'Consul',
  nomad: 'Nomad',
  jobs: 'Jobs',
};

export const printStatus = (
  lines: readonly StatusLine[],
  environment: string,
  cloudName: string,
  layout: Layout,
): string[] => {
  const { paint, width } = layout;
  const nameWidth = Math.max(0, ...lines.map((line) => line.name.length));
  const layers = [...new Set(lines.map((line) => line.layer))];
  return [
    ...paragraph(`${environment} on ${cloudName}: ${verdictText(lines)}`, width, '', '  ').map((line) =>
      paint('bold', line),
    ),
    ...layers.flatMap((layer) => [
      '',
      titles[layer],
      ...lines
        .filter((line) => line.layer === layer)
        .flatMap(({ health, name, detail }) => {
          const { symbol, style } = signs[health];
          const [first = '', ...more] = paragraph(detail, width, '', ' '.repeat(nameWidth + 6));
          return [`  ${paint(style, symbol)} ${padEnd(name, nameWidth)}  ${first}`.trimEnd(), ...more];
        }),
    ]),
  ];
};

const verdictText = (lines: readonly StatusLine[]): string => {
  const bad = lines.filter((line) => line.health === 'bad').length;
  const unknown = lines.filter((line) => line.health === 'unknown').length;
  if (lines.every((line) => line.health === 'absent')) return 'does not exist';
  if (bad > 0) return `${bad} of ${lines.length} bad${unknown > 0 ? `, ${unknown} unknown` : ''}`;
  return unknown > 0 ? `${unknown} of ${lines.length} unknown` : 'healthy';
};
