import { age, instant } from '../../domain/times.ts';
import type { PreviewStanding, PreviewStandings } from '../../ports/session.ts';
import type { Layout } from './layout.ts';
import { withPlace } from './next.ts';
import { paragraph } from './text.ts';

/** `by alice, idle 2 h, goes 2026-12-01 10:00 UTC`. */
export const standingText = ({ author, idleMs, goesAt }: PreviewStanding): string => {
  if (author === null) return 'made by hand: no pull request is on record';
  const idle = idleMs === null ? '' : `, idle ${age(idleMs)}`;
  return `by ${author}${idle}${goesAt === null ? '' : `, goes ${instant(goesAt)} unless somebody works on it`}`;
};

/** How many places are taken, which of them are empty, and who waits. */
export const printPlaces = (
  { max, taken, previews }: PreviewStandings,
  flags: readonly string[],
  { width, paint }: Layout,
): string[] => {
  const empty = previews.filter(({ is }) => is === 'place only');
  const waiting = previews.filter(({ is }) => is === 'waiting');
  if (taken === 0 && waiting.length === 0) return [];
  const line = (text: string): string[] => paragraph(text, width, '  ', '    ').map((one) => paint('dim', one));
  return [
    `${taken} of ${max} places of previews ${taken === 1 ? 'is' : 'are'} taken`,
    ...empty.flatMap(({ environment, place }) =>
      line(
        `${environment} has one and nothing in it, since ${instant(place?.since ?? '')} (${place?.holder}); if no run is at it: ${withPlace(`reconcile destroy ${words(environment)}`, flags)}`,
      ),
    ),
    ...waiting.flatMap(({ environment, waitingSince, author }) =>
      line(
        `${environment} waits for one since ${instant(waitingSince ?? '')}${author === null ? '' : `, by ${author}`}`,
      ),
    ),
  ];
};

/** For whoever got no place: who has them, longest first, and what frees one. */
export const printHolders = (
  { max, taken, previews }: PreviewStandings,
  now: number,
  { width, paint }: Layout,
): string[] => [
  paint('bold', `places of previews: ${taken} of ${max} taken`),
  ...previews
    .filter(({ place }) => place !== null)
    .flatMap((one) => {
      const since = one.place?.since ?? '';
      const old = age(Math.max(0, now - Date.parse(since)));
      return paragraph(`${one.environment}  for ${old}, ${standingText(one)}`, width, '  ', '    ');
    }),
  ...paragraph(
    'one gets free when a pull request is closed or made a draft, by /destroy in a comment there, or by reconcile destroy',
    width,
    '',
    '  ',
  ),
];

const words = (environment: string): string => environment.replace('pr-', 'pr ');
