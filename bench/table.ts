export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly ok: boolean;
  /** What the field needs for the same, with its source in docs/decisions/0012-anchors.md. */
  readonly anchor: string;
}

export const printTable = (rows: readonly Row[]): void => {
  const columns = ['what', 'figure', 'target', 'anchor'] as const;
  const width = (column: (typeof columns)[number]): number =>
    Math.max(column.length, ...rows.map((row) => row[column].length));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const pad = (row: Record<(typeof columns)[number], string>): string[] =>
    columns.map((column) => row[column].padEnd(width(column)));
  const head = { what: 'what', figure: 'figure', target: 'target', anchor: 'anchor' };
  process.stdout.write(`${line(['ok ', ...pad(head)])}\n`);
  process.stdout.write(`${line(['---', ...columns.map((column) => '-'.repeat(width(column)))])}\n`);
  for (const row of rows) process.stdout.write(`${line([row.ok ? 'yes' : 'NO ', ...pad(row)])}\n`);
};
