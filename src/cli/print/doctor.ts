import type { Check } from '../../ports/state-access.ts';
import { printNext } from './change.ts';
import type { Layout } from './layout.ts';
import { padEnd, paragraph, plural, widthOf } from './text.ts';

const styles = { ok: 'green', warn: 'yellow', bad: 'red', skipped: 'dim' } as const;

/** One line each, with what to do below those that are bad. */
export const printDoctor = (checks: readonly Check[], layout: Layout): string[] => {
  const { width, paint } = layout;
  const names = Math.max(...checks.map(({ name }) => widthOf(name)));
  const indent = ' '.repeat(2 + names + 2 + 'skipped'.length + 2);
  const wrong = checks.filter(({ result }) => result === 'bad').length;
  const warned = checks.filter(({ result }) => result === 'warn').length;
  return [
    ...checks.flatMap(({ name, result, detail, next }) => {
      const [first = '', ...more] = paragraph(detail, width, indent);
      const head = `  ${padEnd(name, names)}  ${padEnd(paint(styles[result], result), 'skipped'.length)}  `;
      return [
        head + first.slice(indent.length),
        ...more,
        ...(next === undefined ? [] : printNext(next, layout, indent)),
      ];
    }),
    '',
    wrong === 0
      ? paint('green', `nothing is bad${warned === 0 ? '' : `; ${plural(warned, 'warning')}`}`)
      : paint('red', `${plural(wrong, 'check')} of ${checks.length} ${wrong === 1 ? 'is' : 'are'} bad`),
  ];
};
