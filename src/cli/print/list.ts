import { formatCents } from '../../domain/money.ts';
import { age, instant } from '../../domain/times.ts';
import type { EnvironmentSummary, PreviewStanding, PreviewStandings } from '../../ports/session.ts';
import { printNext } from './change.ts';
import type { Layout } from './layout.ts';
import type { Paint } from './paint.ts';
import { printPlaces, standingText } from './places.ts';
import { table } from './table.ts';
import { padEnd, paragraph, plural } from './text.ts';

const healthText = (health: EnvironmentSummary['health'], paint: Paint): string =>
  paint(health === 'ok' ? 'green' : health === 'bad' ? 'red' : 'yellow', health);

/** One line per environment, and below it what changed last; `--verbose` adds its servers. `first` makes one. */
export const printList = (
  environments: readonly EnvironmentSummary[],
  standings: PreviewStandings | null,
  cloudName: string,
  first: string,
  flags: readonly string[],
  layout: Layout,
): string[] => {
  const places = standings === null ? [] : printPlaces(standings, flags, layout);
  if (environments.length === 0)
    return [
      ...paragraph(`no environments on ${cloudName}`, layout.width, '', '  '),
      ...places,
      ...printNext(first, layout, ''),
    ];
  const { paint } = layout;
  const [head = '', ...rows] = table(
    [
      { title: 'ENVIRONMENT' },
      { title: 'SERVERS' },
      { title: 'AGE', align: 'right' },
      { title: 'HEALTH' },
      { title: 'A MONTH', align: 'right' },
      { title: 'URL' },
    ],
    environments.map((environment) => [
      environment.environment,
      serversText(environment),
      environment.ageMs === null ? '-' : age(environment.ageMs),
      healthText(environment.health, paint),
      formatCents(environment.monthlyCents),
      environment.url ?? '-',
    ]),
  );
  const total = environments.reduce((sum, environment) => sum + environment.monthlyCents, 0);
  return [
    paint('bold', head),
    ...environments.flatMap((environment, index) => [
      rows[index] ?? '',
      ...details(environment, standingOf(environment, standings), layout),
    ]),
    '',
    `${plural(environments.length, 'environment')}, ${formatCents(total)} a month`,
    ...places,
  ];
};

const standingOf = (
  { environment }: EnvironmentSummary,
  standings: PreviewStandings | null,
): PreviewStanding | undefined => standings?.previews.find((one) => one.environment === environment);

/** The same under `--json`. */
export const listDocument = (environments: readonly EnvironmentSummary[], standings: PreviewStandings | null) => ({
  environments: environments.map((one) => {
    const preview = standingOf(one, standings);
    return preview === undefined ? one : { ...one, preview };
  }),
  ...(standings === null
    ? {}
    : {
        places: { max: standings.max, taken: standings.taken },
        withoutEnvironment: standings.previews.filter(({ is }) => is !== 'there'),
      }),
});

/** `3 cx23`; types that differ are all named. */
const serversText = ({ servers }: EnvironmentSummary): string => {
  const types = [...new Set(servers.map((server) => server.type))].sort();
  return [String(servers.length), ...types].join(' ');
};

const details = (
  environment: EnvironmentSummary,
  standing: PreviewStanding | undefined,
  { paint, verbose, width }: Layout,
): string[] => {
  const { lastChange, servers } = environment;
  const changed =
    lastChange === null
      ? 'no change on record'
      : `last change ${instant(lastChange.at)}: ${lastChange.command}, ${lastChange.outcome}`;
  const stopped = servers.filter((server) => verbose || server.status !== 'running');
  const nameWidth = Math.max(0, ...stopped.map((server) => server.name.length));
  return [
    ...paragraph(changed, width, '  ', '    '),
    ...(standing === undefined ? [] : paragraph(standingText(standing), width, '  ', '    ')),
    ...stopped.map(
      (server) => `  ${padEnd(server.name, nameWidth)}  ${server.type}  ${server.status}  ${server.ipv4 ?? '-'}`,
    ),
  ].map((line) => paint('dim', line));
};
