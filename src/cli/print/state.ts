import type { StateFile } from '../../domain/statefile.ts';
import type { Layout } from './layout.ts';
import { table } from './table.ts';
import { instant, paragraph, plural } from './text.ts';

/** History entries shown without `--verbose`. */
const historyShown = 5;

export const printState = (state: StateFile, { paint, verbose, width }: Layout): string[] => {
  const entries = Object.entries(state.resources).sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = [
    { title: 'ADDRESS' },
    { title: 'ID' },
    { title: 'MADE' },
    ...(verbose ? [{ title: 'FINGERPRINT' }] : []),
  ];
  const [head = '', ...rows] = table(
    columns,
    entries.map(([address, entry]) => [
      address,
      entry.id,
      instant(entry.createdAt),
      ...(verbose ? [entry.fingerprint] : []),
    ]),
  );
  const history = verbose ? state.history : state.history.slice(0, historyShown);
  return [
    paint('bold', `State of ${state.environment}, project ${state.project}`),
    `serial ${state.serial}, schema ${state.schemaVersion}, written ${instant(state.updatedAt)}`,
    `lineage ${state.lineage}`,
    '',
    ...(entries.length === 0 ? ['remembers nothing'] : [paint('bold', head), ...rows]),
    '',
    paint('bold', `History (${history.length} of ${plural(state.history.length, 'entry', 'entries')})`),
    ...history.flatMap(({ at, command, outcome, summary }) => {
      const counts = Object.entries(summary)
        .filter(([action, count]) => count > 0 && action !== 'keep')
        .map(([action, count]) => `${count} ${action}`);
      return paragraph(`${instant(at)}  ${command}: ${[outcome, ...counts].join(', ')}`, width, '  ', '    ');
    }),
  ];
};
