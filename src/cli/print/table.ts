import { padEnd, padStart, widthOf } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Aligned columns, two spaces apart; cells may be coloured. No line ends in spaces. */
export const table = (columns: readonly Column[], rows: readonly (readonly string[])[], indent = ''): string[] => {
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    (
      indent +
      columns
        .map((column, index) => {
          const width = widths[index] ?? 0;
          const cell = cells[index] ?? '';
          return column.align === 'right' ? padStart(cell, width) : padEnd(cell, width);
        })
        .join('  ')
    ).trimEnd();
  const titled = columns.some((column) => column.title !== '');
  return [...(titled ? [line(columns.map((column) => column.title))] : []), ...rows.map(line)];
};
