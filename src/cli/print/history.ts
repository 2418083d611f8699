import type { HistoryEntry } from '../../domain/statefile.ts';
import { instant } from '../../domain/times.ts';
import type { StateHistory } from '../../ports/state-access.ts';
import type { Layout } from './layout.ts';
import { paragraph, plural } from './text.ts';

/** Versions of the store that are listed without `--verbose`: a busy bucket has thousands. */
const storedShown = 5;

/** `2026-11-24 06:30 UTC  reconcile production: converged, 12 create`. */
export const printRuns = (runs: readonly HistoryEntry[], { width }: Layout): string[] =>
  runs.flatMap(({ at, command, outcome, summary, serial }) => {
    const counts = Object.entries(summary)
      .filter(([action, count]) => count > 0 && action !== 'keep')
      .map(([action, count]) => `${count} ${action}`);
    return paragraph(
      `${instant(at)}  ${command}: ${[outcome, ...counts].join(', ')} (serial ${serial})`,
      width,
      '  ',
      '    ',
    );
  });

export const printHistory = (
  { runs, kept, damaged, stored }: StateHistory,
  scope: string,
  pull: string,
  layout: Layout,
): string[] => {
  const { paint, verbose, width } = layout;
  const shown = verbose ? (stored ?? []) : (stored ?? []).slice(0, storedShown);
  const more = (stored?.length ?? 0) - shown.length;
  return [
    paint('bold', `Runs on ${scope}, newest first`),
    ...(runs.length === 0 ? ['  none is remembered'] : printRuns(runs, layout)),
    '',
    paint('bold', 'Earlier documents that are kept, by serial'),
    ...paragraph(kept.length === 0 ? 'none' : kept.join(', '), width, '  '),
    ...damaged.flatMap((key) => paragraph(`${key}: could not be read, and was put aside`, width, '  ', '    ')),
    ...(stored === null
      ? []
      : [
          '',
          paint('bold', `Kept by the store itself: ${plural(stored.length, 'version')}`),
          ...shown.map(({ id, at }) => `  ${instant(at)}  ${id}`),
          ...(more > 0 ? [`  and ${more} more: --verbose`] : []),
        ]),
    ...(kept.length === 0 && (stored?.length ?? 0) === 0 ? [] : ['', `get one with: ${pull}`]),
  ];
};
