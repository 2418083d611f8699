import type { IdOrName } from '../../hetzner/wire/common.ts';
import type { Location } from '../../hetzner/wire/locations.ts';
import type { Context, Kit } from '../context.ts';
import { invalidInput, invalidInputText, namedNotFound, notFound, protectedError, uniquenessError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import type { Table } from '../table.ts';

/** The row that the path's `:id` names, or the API's not_found. Text that is no number names nothing. */
export const rowOf = <Row>(table: Table<Row>, context: Context<unknown>): Row => {
  const id = context.params['id'] ?? '';
  if (!/^\d+$/.test(id)) throw notFound(table.label, id);
  return table.need(Number(id));
};

/** By id (number or digits) first, then by name, as hcloud's `IDOrName` fields are read. */
export const byIdOrName = <Row extends { id: number; name: string | null }>(
  label: string,
  rows: readonly Row[],
  wanted: IdOrName,
): Row => {
  const text = String(wanted);
  const found = rows.find((row) => String(row.id) === text) ?? rows.find((row) => row.name === text);
  if (found === undefined) throw /^\d+$/.test(text) ? notFound(label, text) : namedNotFound(label, text);
  return found;
};

/** A location of the catalogue; an unknown one is invalid_input, not not_found: `location 'ash' not found`. */
export const locationOf = (kit: Kit, wanted: IdOrName): Location => {
  const text = String(wanted);
  const found = kit.world.catalogue.locations.find((one) => one.name === text || String(one.id) === text);
  if (found === undefined) throw invalidInputText(`location '${text}' not found`);
  return found;
};

/** `message`: `server name is already used`; most kinds say `name is already used`. */
export const assertUniqueName = <Row extends { name: string | null }>(
  table: Table<Row>,
  name: string | undefined,
  self?: Row,
  message = 'name is already used',
): void => {
  if (name === undefined || self?.name === name) return;
  if (table.all().some((row) => row.name === name)) throw uniquenessError(message);
};

export const assertUnprotected = (row: { protection: { delete: boolean } }, message: string): void => {
  if (row.protection.delete) throw protectedError(message);
};

/** What PUT of most kinds changes: name and the whole label map. Checks first, then writes. */
export const updateNameAndLabels = <Row extends { name: string; labels: Record<string, string> }>(
  table: Table<Row>,
  row: Row,
  body: { name?: string | undefined; labels?: Readonly<Record<string, string>> | null | undefined },
  uniqueMessage?: string,
): void => {
  assertUniqueName(table, body.name, row, uniqueMessage);
  const labels = body.labels === undefined || body.labels === null ? row.labels : checkedLabels(body.labels);
  // --- writes begin ---
  row.name = body.name ?? row.name;
  row.labels = labels;
};

/** Names of networks, firewalls, load balancers, …: no spaces at the ends. */
export const checkedName = (name: string): string => {
  if (name.trim() !== name || name === '') throw invalidInput({ name: ['Name must not begin or end with a space.'] });
  return name;
};
