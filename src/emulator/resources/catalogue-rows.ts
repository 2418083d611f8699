import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';

/** The catalogue's row that the path's `:id` names; by id only, as the API reads paths of these kinds. */
export const entryOf = <Row extends { readonly id: number }>(
  label: string,
  rows: readonly Row[],
  context: Context<unknown>,
): Row => {
  const id = context.params['id'] ?? '';
  const found = rows.find((row) => String(row.id) === id);
  if (found === undefined) throw notFound(label, id);
  return found;
};
