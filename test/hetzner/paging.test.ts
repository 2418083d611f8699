import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CloudError, NoReplyError } from '../../src/domain/errors.ts';
import { type Page, pagesMax, readPages } from '../../src/hetzner/paging.ts';
import { apiError, cloudOn, listOf } from './kit.ts';
import { volumeWire } from './samples.ts';

/** A list on a server, sorted by id, that may change before any page is read. */
const serverSide = (ids: number[], perPage: number, before: (request: number, ids: number[]) => void = () => {}) => {
  let requests = 0;
  return {
    requests: () => requests,
    fetchPage: async (page: number): Promise<Page<number>> => {
      requests += 1;
      before(requests, ids);
      const last = Math.max(1, Math.ceil(ids.length / perPage));
      const pagination = {
        page,
        per_page: perPage,
        previous_page: null,
        next_page: page < last ? page + 1 : null,
        last_page: last,
        total_entries: ids.length,
      };
      return { items: ids.slice((page - 1) * perPage, page * perPage), pagination };
    },
  };
};
const upTo = (n: number) => [...Array(n).keys()].map((k) => k + 1);
const sorted = (items: readonly number[]) => [...items].sort((a, b) => a - b);

test.each([
  [0, 1],
  [50, 1],
  [51, 3],
  [101, 4],
  [1001, 22],
])('%i objects are read whole with %i requests', async (objects, requests) => {
  const list = serverSide(upTo(objects), 50);
  const { items, complete } = await readPages(list.fetchPage, String);
  expect([sorted(items), complete, list.requests()]).toEqual([upTo(objects), true, requests]);
});

test('an object deleted between two pages: the list is read again and whole, nothing missed or double', async () => {
  const list = serverSide(upTo(101), 50, (request, ids) => {
    if (request === 2) ids.splice(10, 1);
  });
  const { items, complete } = await readPages(list.fetchPage, String);
  expect(complete).toBe(true);
  expect(sorted(items)).toEqual(upTo(101).filter((id) => id !== 11));
  // Four the first time, three for the hundred that are left.
  expect(list.requests()).toBe(7);
});

test('a deletion that a creation hides from the count can not hide an object', async () => {
  const list = serverSide(upTo(101), 50, (request, ids) => {
    if (request !== 2) return;
    ids.splice(10, 1);
    ids.push(1_000);
  });
  const { items } = await readPages(list.fetchPage, String);
  for (const id of upTo(101).filter((one) => one !== 11)) expect(items).toContain(id);
});

test('a list that keeps changing is incomplete and says so', async () => {
  const list = serverSide(upTo(120), 50, (_, ids) => ids.push(1_000 + ids.length));
  const { complete, because } = await readPages(list.fetchPage, String);
  expect([complete, because]).toEqual([false, 'it changed while it was read: 125, 126, 127, 128 objects']);
});

test('property: whatever is deleted and created meanwhile, what exists throughout is in the list, and nothing twice', async () => {
  const change = fc.record({ request: fc.integer({ min: 1, max: 8 }), remove: fc.nat(200), add: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(change, { maxLength: 6 }),
      async (size, perPage, changes) => {
        const start = upTo(size);
        let next = 1_000;
        const current = [...start];
        const list = serverSide(current, perPage, (request, ids) => {
          for (const { remove, add } of changes.filter((one) => one.request === request)) {
            if (ids.length > 0) ids.splice(remove % ids.length, 1);
            if (add) ids.push(next++);
          }
        });
        const { items, complete } = await readPages(list.fetchPage, String);
        expect(new Set(items).size).toBe(items.length);
        const throughout = start.filter((id) => current.includes(id));
        if (complete) for (const id of throughout) expect(items).toContain(id);
      },
    ),
    { numRuns: 500 },
  );
});

test('a failing page leaves what came and says which failed', async () => {
  const list = serverSide(upTo(101), 50);
  const failing = (page: number) =>
    page === 2 ? Promise.reject(new NoReplyError('no reply to GET /servers')) : list.fetchPage(page);
  const { items, complete, because } = await readPages(failing, String);
  expect([items.length, complete, because]).toEqual([51, false, 'page 2 of 3 failed: no reply to GET /servers']);
});

test('a first page that the API refuses makes an empty, incomplete list', async () => {
  const refused = new CloudError('GET /certificates: no', { code: 'forbidden', status: 403, retryable: false });
  expect(await readPages(() => Promise.reject(refused), String)).toEqual({
    items: [],
    complete: false,
    because: 'GET /certificates: no',
  });
});

test('a list that does not end is cut off at the bound', async () => {
  let requests = 0;
  const endless = async (page: number): Promise<Page<number>> => {
    requests += 1;
    const pagination = {
      page,
      per_page: 1,
      previous_page: null,
      next_page: page + 1,
      last_page: 10 ** 6,
      total_entries: null,
    };
    return { items: [page], pagination };
  };
  const { complete, because } = await readPages(endless, String);
  expect([complete, because, requests]).toEqual([
    false,
    `it has 1000000 pages, more than the ${pagesMax} that are read`,
    pagesMax + 1,
  ]);
});

test('through the adapter: pages are asked for from the end, and the first once more', async () => {
  const volumes = upTo(51).map(volumeWire);
  const first = listOf('volumes', volumes.slice(0, 50), 1, 2, 51);
  const { cloud, done } = cloudOn([
    { request: 'GET /volumes?per_page=50&sort=id:asc&page=1', reply: first },
    { request: 'GET /volumes?per_page=50&sort=id:asc&page=2', reply: listOf('volumes', volumes.slice(50), 2, 2, 51) },
    { request: 'GET /volumes?per_page=50&sort=id:asc&page=1', reply: first },
  ]);
  const { items, complete } = await cloud.list('volume');
  expect([items.length, complete]).toEqual([51, true]);
  done();
});

test('through the adapter: a page that fails for good makes the list incomplete', async () => {
  const volumes = upTo(50).map(volumeWire);
  const { cloud } = cloudOn([
    { request: 'GET /volumes?per_page=50&sort=id:asc&page=1', reply: listOf('volumes', volumes, 1, 2, 51) },
    { request: 'GET /volumes?per_page=50&sort=id:asc&page=2', status: 403, reply: apiError('forbidden', 'not now') },
  ]);
  const { items, complete, because } = await cloud.list('volume');
  expect([items.length, complete, because]).toEqual([
    50,
    false,
    'page 2 of 2 failed: GET /volumes: not now (forbidden, HTTP 403)',
  ]);
});
