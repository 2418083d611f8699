import { shortImage } from '../../domain/image-reference.ts';
import { instant } from '../../domain/times.ts';
import type { ShownState } from '../../ports/state-access.ts';
import { printRuns } from './history.ts';
import type { Layout } from './layout.ts';
import { table } from './table.ts';
import { paragraph, plural } from './text.ts';

/** History entries shown without `--verbose`. */
const historyShown = 5;

export const printState = (shown: ShownState, layout: Layout): string[] => {
  const { path, state } = shown;
  const { paint, verbose, width } = layout;
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
  const places = Object.entries(state.places ?? {});
  return [
    paint('bold', `State of ${state.environment}, project ${state.project}`),
    `lies in ${path}`,
    `serial ${state.serial}, schema ${state.schemaVersion}, fencing token ${state.fencingToken}, written ${instant(state.updatedAt)}`,
    `lineage ${state.lineage}`,
    ...printSecrecy(shown, layout),
    ...printUnfinished(shown, layout),
    '',
    ...(entries.length === 0 ? ['remembers nothing'] : [paint('bold', head), ...rows]),
    ...printImages(shown, layout),
    ...(places.length === 0 ? [] : ['', paint('bold', 'Places of previews')]),
    ...places.map(([name, { holder, at }]) => `  ${name}  since ${instant(at)}, ${holder}`),
    '',
    paint('bold', `History (${history.length} of ${plural(state.history.length, 'entry', 'entries')})`),
    ...printRuns(history, { ...layout, width }),
  ];
};

/** Which build each job has, since when, and where `rollback` would lead. */
const printImages = ({ state: { images = {} } }: ShownState, { paint, width }: Layout): string[] => {
  const lines = Object.entries(images).flatMap(([job, pin]) => {
    const health = pin.healthy ? '' : ', not seen healthy';
    const before = pin.before === undefined ? '' : `, before it ${shortImage(pin.before)}`;
    const asked = pin.asked.slice(pin.asked.lastIndexOf('/') + 1);
    const text = `${job}  ${shortImage(pin.image)} (${asked}) since ${instant(pin.at)}${health}${before}`;
    return paragraph(text, width, '  ', '    ');
  });
  return lines.length === 0 ? [] : ['', paint('bold', 'Images'), ...lines];
};

const printSecrecy = ({ recipients }: ShownState, { width, verbose }: Layout): string[] => {
  if (recipients === null) return ['holds no secrets'];
  if (recipients.length === 0) return ['secrets: in plain text'];
  const named = verbose ? `: ${recipients.join(', ')}` : '';
  return paragraph(`secrets: sealed for ${plural(recipients.length, 'recipient')}${named}`, width, '', '  ');
};

/** At work, or stopped: a document can't tell. */
const printUnfinished = ({ unfinished }: ShownState, { width, paint }: Layout): string[] => {
  if (unfinished === null) return [];
  const { holder, command, startedAt, steps } = unfinished;
  const at = steps.length === 0 ? 'between two steps' : `at ${steps.join(', ')}`;
  return paragraph(
    `the last run has not said how it ended: ${command}, of ${holder}, begun ${instant(startedAt)}, ${at}; the next run finds what it made`,
    width,
    '',
    '  ',
  ).map((line) => paint('yellow', line));
};
