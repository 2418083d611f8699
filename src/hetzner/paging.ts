import { CloudError, Failure } from '../domain/errors.ts';
import type { Pagination } from './wire/common.ts';

/** 20,000 objects of one kind: more than any limit Hetzner grants, so a list that goes on is not believed. */
export const pagesMax = 400;

/** Refusals that are not about this list: the token is wrong, or the address is not the API's. */
const aboutEverything = ['unauthorized', 'not_found'];

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined: the reply has no `meta`, so it is the whole list. */
  readonly pagination: Pagination | undefined;
}
export interface Pages<T> {
  readonly items: readonly T[];
  readonly complete: boolean;
  readonly because?: string;
}

/**
 * A whole list, sorted by id. One page costs one request. More pages are read from the last to the second, and the
 * first once more at the end: when an object disappears meanwhile, the rest moves towards pages still to be read, so
 * nothing that exists throughout can be missed, and what is seen twice is dropped by its key. When the list changed all
 * the same (`total_entries`), it is read once more; after that, or when a page fails, it is incomplete and says why.
 * Silence, a refused token and a wrong address are thrown: then nothing at all is known.
 */
export const readPages = async <T>(
  fetchPage: (page: number) => Promise<Page<T>>,
  keyOf: (item: T) => string,
): Promise<Pages<T>> => {
  let pages: Pages<T> & { readonly changed?: boolean };
  for (let round = 1; ; round += 1) {
    pages = await readOnce(fetchPage, keyOf);
    if (!pages.changed || round === 2) break;
  }
  const { items, complete, because } = pages;
  return because === undefined ? { items, complete } : { items, complete, because };
};

const readOnce = async <T>(
  fetchPage: (page: number) => Promise<Page<T>>,
  keyOf: (item: T) => string,
): Promise<Pages<T> & { readonly changed?: boolean }> => {
  let first: Page<T>;
  try {
    first = await fetchPage(1);
  } catch (error) {
    if (!(error instanceof CloudError) || aboutEverything.includes(error.code)) throw error;
    return { items: [], complete: false, because: error.message };
  }
  const found = new Map(first.items.map((item) => [keyOf(item), item]));
  const done = (because?: string, changed = false) => {
    const items = [...found.values()];
    return because === undefined ? { items, complete: true } : { items, complete: false, because, changed };
  };
  const last = lastPage(first.pagination);
  if (last === undefined) return done('the reply does not say how many pages there are');
  const totals = new Set([first.pagination?.total_entries ?? undefined]);
  const order = last === 1 ? [] : [...Array(Math.min(last, pagesMax)).keys()].map((n) => n + 1).reverse();
  for (const page of order) {
    try {
      const { items, pagination } = await fetchPage(page);
      for (const item of items) found.set(keyOf(item), item);
      totals.add(pagination?.total_entries ?? undefined);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return done(`page ${page} of ${last} failed: ${error.message}`);
    }
  }
  if (last > pagesMax) return done(`it has ${last} pages, more than the ${pagesMax} that are read`);
  const [total, ...others] = totals;
  if (others.length > 0) return done(`it changed while it was read: ${[...totals].join(', ')} objects`, true);
  if (total !== undefined && total !== found.size)
    return done(`it should hold ${total} objects, but ${found.size} came`, true);
  return done();
};

const lastPage = (pagination: Pagination | undefined): number | undefined => {
  if (pagination === undefined) return 1;
  if (pagination.last_page !== null) return Math.max(1, pagination.last_page);
  if (pagination.total_entries !== null) return Math.max(1, Math.ceil(pagination.total_entries / pagination.per_page));
  return pagination.next_page === null ? 1 : undefined;
};
