import { CloudError } from '../domain/errors.ts';
import type { AnyObservedItem, Catalogue, PriceList } from '../domain/observation.ts';
import type { HetznerAction } from '../ports/cloud-api.ts';
import { catalogueOf, priceListOf } from './facts/catalogue.ts';
import { type Reader, readerOf } from './kinds.ts';
import { type Pages, readPages } from './paging.ts';
import { parseBody } from './parse.ts';
import type { ApiRequest, Call } from './request.ts';
import { actionsResponseSchema } from './wire/actions.ts';
import { oneSchema } from './wire/common.ts';
import { imageSchema } from './wire/images.ts';
import { pricingSchema } from './wire/pricing.ts';
import { serverTypeSchema } from './wire/server-types.ts';

/** The most the API gives per page; rrsets 100 (docs.hetzner.cloud, pagination). */
export const perPage = 50;

export const listWith = async <T>(
  call: Call,
  reader: Reader<T>,
  keyOf: (item: T) => string,
  query: ApiRequest['query'] = {},
): Promise<Pages<T>> =>
  readPages(async (page) => {
    const request: ApiRequest = { method: 'GET', path: reader.path, query: { per_page: perPage, ...query, page } };
    return reader.page(await call(request), request);
  }, keyOf);

/** Names are unique per kind in a project and `name=` matches exactly, so at most one comes back. */
export const findByName = async (
  call: Call,
  reader: Reader<AnyObservedItem>,
  name: string,
): Promise<AnyObservedItem | undefined> => {
  const request: ApiRequest = { method: 'GET', path: reader.path, query: { name } };
  return reader.page(await call(request), request).items.find((item) => item.name === name);
};

/** The object at the path, undefined when there is none. */
export const getOne = async <T>(call: Call, path: string, reader: Reader<T>): Promise<T | undefined> => {
  const request: ApiRequest = { method: 'GET', path };
  try {
    return reader.one(await call(request), request);
  } catch (error) {
    if (error instanceof CloudError && error.code === 'not_found') return undefined;
    throw error;
  }
};

const serverTypes = readerOf('/server_types', ['server_types', 'server_type'], serverTypeSchema, (wire) => wire);
const images = readerOf('/images', ['images', 'image'], imageSchema, (wire) => wire);
const byId = ({ id }: { readonly id: number }) => String(id);

/** Whole or not at all: a plan must not take a type for unorderable because a page was missing. Server types can't be sorted. */
export const readCatalogue = async (call: Call): Promise<Catalogue> => {
  const [types, system] = await Promise.all([
    listWith(call, serverTypes, byId),
    listWith(call, images, byId, { type: 'system', include_deprecated: 'true', sort: 'id:asc' }),
  ]);
  return catalogueOf(whole(types, 'server types'), whole(system, 'images'));
};

const whole = <T>({ items, because }: Pages<T>, what: string): readonly T[] => {
  if (because === undefined) return items;
  throw new CloudError(`the list of ${what} could not be read: ${because}`, {
    code: 'incomplete_list',
    status: 200,
    retryable: true,
  });
};

export const readPrices = async (call: Call): Promise<PriceList> => {
  const request: ApiRequest = { method: 'GET', path: '/pricing' };
  return priceListOf(parseBody(oneSchema('pricing', pricingSchema), await call(request), request).pricing);
};

/** hcloud-go asks for 25 ids a request (action_waiter.go). */
export const actionsPerRequest = 25;

/** The API leaves out ids it does not know instead of refusing; waiting for those would never end. */
export const readActions = async (call: Call, ids: readonly number[]): Promise<readonly HetznerAction[]> => {
  const wanted = [...new Set(ids)];
  const chunks = Array.from({ length: Math.ceil(wanted.length / actionsPerRequest) }, (_, index) =>
    wanted.slice(index * actionsPerRequest, (index + 1) * actionsPerRequest),
  );
  const found = await Promise.all(
    chunks.map(async (id) => {
      const request: ApiRequest = { method: 'GET', path: '/actions', query: { id } };
      return parseBody(actionsResponseSchema, await call(request), request).actions;
    }),
  );
  const byNumber = new Map(found.flat().map((action) => [action.id, action]));
  const missing = wanted.filter((id) => !byNumber.has(id));
  if (missing.length > 0)
    throw new CloudError(`Hetzner does not know the actions ${missing.join(', ')} that it started itself`, {
      code: 'not_found',
      status: 200,
      retryable: false,
    });
  return wanted.flatMap((id) => {
    const action = byNumber.get(id);
    return action === undefined ? [] : [actionOf(action)];
  });
};

const actionOf = ({ id, command, status, progress, error }: HetznerAction): HetznerAction => ({
  id,
  command,
  status,
  progress,
  error: error === null ? null : { code: error.code, message: error.message },
});
