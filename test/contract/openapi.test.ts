import { expect, test } from 'vitest';
import { allRoutes } from '../../src/emulator/routes.ts';
import { type Api, createApi } from './api.ts';
import {
  amendments,
  createMatcher,
  createValidator,
  documentFile,
  type Operation,
  operationsOf,
} from './openapi-document.ts';
import { publicKey } from './project.ts';
import { tour } from './tour.ts';

/*
 * Against Hetzner's own document: HETZNER_OPENAPI names the file. Without one these tests are skipped, and counted as
 * skipped in vitest's summary.
 */
const operations: readonly Operation[] = documentFile === undefined ? [] : operationsOf(documentFile);
const withDocument = test.skipIf(documentFile === undefined);
const anonymous = (method: string, path: string): string => `${method} ${path.replaceAll(/\{[^}]+\}|:[a-z_]+/g, '{}')}`;

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly sent: unknown;
  readonly status: number;
  readonly answered: unknown;
}
/** The emulator with every exchange written down. */
const recorded = (date?: string): { api: Api; exchanges: Exchange[] } => {
  const api = createApi(date === undefined ? {} : { date });
  const exchanges: Exchange[] = [];
  const { fetch } = api.emulator;
  api.emulator.fetch = async (request) => {
    const sent = request.method === 'GET' ? '' : await request.clone().text();
    const response = await fetch(request);
    const text = await response.clone().text();
    exchanges.push({
      method: request.method,
      path: new URL(request.url).pathname.replace(/^\/v1/, ''),
      sent: sent === '' ? undefined : JSON.parse(sent),
      status: response.status,
      answered: text === '' ? undefined : JSON.parse(text),
    });
    return response;
  };
  return { api, exchanges };
};

/** Refusals of every common kind; their bodies have the document's error schema. */
const refusals = async (api: Api): Promise<void> => {
  await api.say('GET /servers/1');
  await api.say('POST /servers', { name: 'no spaces allowed', server_type: 'cx23', image: 'debian-12' });
  await api.say('POST /networks', {});
  await api.say('POST /servers', { name: 'a', server_type: 'cx22', image: 'debian-12' });
};

withDocument('every operation of the document has a route', () => {
  const ours = new Set(allRoutes.map((route) => anonymous(route.method, route.path)));
  const documented = new Set(operations.map((operation) => anonymous(operation.method, operation.path)));
  const missing = [...documented].filter((one) => !ours.has(one));
  const beyond = [...ours].filter((one) => !documented.has(one));
  const modelled = documented.size - missing.length;
  console.log(`OpenAPI: ${modelled} of ${documented.size} operations have a route`);
  expect(missing).toEqual([]);
  // Members: since 2026-09-15, after the document's date. Storage boxes are documented apart; newer CLIs list them too.
  expect(beyond.toSorted()).toEqual(['GET /networks/{}/members', 'GET /storage_boxes']);
});

withDocument('a tour of all routes: what is sent and what is answered is as the document says', async () => {
  const { api, exchanges } = recorded();
  await tour(api, publicKey);
  await refusals(api);
  // Data centres answered until 2026-10-01.
  const before = recorded('2026-09-01');
  await before.api.ok('GET /datacenters');
  await before.api.ok('GET /datacenters/3');
  const validate = createValidator();
  const match = createMatcher(operations);
  const problems = new Set<string>();
  const met = new Set<Operation>();
  let checked = 0;
  for (const { method, path, sent, status, answered } of [...exchanges, ...before.exchanges]) {
    const operation = match(method, path);
    if (operation === undefined) continue;
    const known = String(status) in operation.responses ? String(status) : status >= 500 ? '5xx' : '4xx';
    if (status < 300 && !(String(status) in operation.responses))
      problems.add(`${method} ${operation.path}: ${status}`);
    if (status < 300) met.add(operation);
    const schema = operation.responses[known];
    const wrong = [
      ...(schema === undefined ? [] : validate(schema, answered).map((one) => `answer ${one}`)),
      ...(sent === undefined || operation.request === undefined || status >= 300
        ? []
        : validate(operation.request, sent).map((one) => `request ${one}`)),
    ];
    for (const one of wrong) problems.add(`${method} ${operation.path} ${status}: ${one}`);
    checked += 1;
  }
  const unmet = operations.filter((operation) => !met.has(operation)).map(({ method, path }) => `${method} ${path}`);
  console.log(
    `OpenAPI: ${met.size} of ${operations.length} operations answered, ${checked} exchanges checked, ` +
      `${amendments.length} amendments since the document`,
  );
  expect([...problems]).toEqual([]);
  expect(unmet).toEqual([]);
});

withDocument('the check bites: a key too many, a key too few, a wrong word', async () => {
  const api = createApi();
  const server = await api.server('one');
  const schema = operations.find((one) => one.method === 'GET' && one.path === '/servers/{id}')?.responses['200'];
  const validate = createValidator();
  const { labels: _labels, ...without } = server;
  expect(validate(schema, { server })).toEqual([]);
  expect(validate(schema, { server: { ...server, datacenter: null } })).toHaveLength(1);
  expect(validate(schema, { server: without })).toHaveLength(1);
  expect(validate(schema, { server: { ...server, status: 'asleep' } })).toHaveLength(1);
});
