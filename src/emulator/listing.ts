import type { Pagination } from '../hetzner/wire/common.ts';
import type { Context } from './context.ts';
import { invalidInput } from './errors.ts';
import { labelSelector } from './labels.ts';

/** How the rows of one kind may be asked for; docs.hetzner.cloud, pagination, sorting, label selector. */
export interface Listing<Row> {
  /** The envelope's key: `servers`. */
  readonly key: string;
  readonly rows: readonly Row[];
  /** Fields that `sort` takes. None: it is ignored, as the API must do for server types, ISOs and load balancer types: hcloud 1.30 sends it there. */
  readonly sort?: readonly (keyof Row & string)[];
  /** Further exact filters by query parameter; a repeated parameter means any of its values. */
  readonly filters?: Readonly<Record<string, (row: Row, values: readonly string[]) => boolean>>;
  /** Derives what a row doesn't own; called for the rows of the page only. */
  readonly view?: (row: Row) => unknown;
  readonly perPageMax?: number;
}

const numberOf = (query: URLSearchParams, name: string, fallback: number): number => {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value)) throw invalidInput({ [name]: [`'${text}' is not an integer`] });
  return value;
};

const compare = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a ?? '') < String(b ?? '') ? -1 : a === b ? 0 : 1;

const sorted = <Row>(
  rows: readonly Row[],
  fields: readonly (keyof Row & string)[],
  asked: string[],
): readonly Row[] => {
  if (asked.length === 0 || fields.length === 0) return rows;
  const orders = asked.map((one) => {
    const [name = '', direction = 'asc'] = one.split(':');
    const field = fields.find((known) => known === name);
    if (field === undefined || !['asc', 'desc'].includes(direction))
      throw invalidInput({ sort: [`'${one}' is not one of ${fields.join(', ')}`] });
    return { field, sign: direction === 'desc' ? -1 : 1 };
  });
  return [...rows].sort((a, b) => {
    for (const { field, sign } of orders) {
      const order = compare(a[field], b[field]);
      if (order !== 0) return sign * order;
    }
    return 0;
  });
};

const labelsOf = (row: unknown): Readonly<Record<string, string>> =>
  (row as { labels?: Readonly<Record<string, string>> }).labels ?? {};

const filtered = <Row>(listing: Listing<Row>, query: URLSearchParams): readonly Row[] => {
  let rows = listing.rows;
  const name = query.get('name');
  if (name !== null && name !== '') rows = rows.filter((row) => (row as { name?: unknown }).name === name);
  const selector = query.get('label_selector');
  if (selector !== null && selector !== '') {
    const test = labelSelector(selector);
    rows = rows.filter((row) => test(labelsOf(row)));
  }
  for (const [parameter, accepts] of Object.entries(listing.filters ?? {})) {
    const values = query.getAll(parameter);
    if (values.length > 0) rows = rows.filter((row) => accepts(row, values));
  }
  return rows;
};

/**
 * One page: filters, sorts, cuts. `per_page` beyond the maximum is cut to it and `page` below 1 is page 1: what the
 * real API does there is unknown.
 */
export const list = <Row>(context: Context<unknown>, listing: Listing<Row>): Record<string, unknown> => {
  const { query, limits } = context;
  const most = listing.perPageMax ?? limits.perPageMax;
  const perPage = Math.max(1, Math.min(most, numberOf(query, 'per_page', limits.perPageDefault)));
  const page = Math.max(1, numberOf(query, 'page', 1));
  const rows = sorted(filtered(listing, query), listing.sort ?? [], query.getAll('sort'));
  const last = Math.max(1, Math.ceil(rows.length / perPage));
  const pagination: Pagination = {
    page,
    per_page: perPage,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < last ? page + 1 : null,
    last_page: last,
    total_entries: rows.length,
  };
  const cut = rows.slice((page - 1) * perPage, page * perPage);
  return { [listing.key]: listing.view === undefined ? cut : cut.map(listing.view), meta: { pagination } };
};

/** RFC 8288 `Link` of a page, as the API sends beside `meta`. */
export const linkHeader = (url: URL, pagination: Pagination): string => {
  const link = (page: number | null, rel: string): string[] => {
    if (page === null) return [];
    const target = new URL(url);
    target.searchParams.set('page', String(page));
    return [`<${target.href}>; rel="${rel}"`];
  };
  return [
    ...link(pagination.previous_page, 'prev'),
    ...link(pagination.next_page, 'next'),
    ...link(pagination.last_page, 'last'),
  ].join(', ');
};
