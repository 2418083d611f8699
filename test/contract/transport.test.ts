import { expect, test } from 'vitest';
import { createProject, origin } from './project.ts';

const raw = (project: ReturnType<typeof createProject>, path: string, init: RequestInit = {}) =>
  project.emulator.fetch(new Request(`${origin}${path}`, init));

test('without a token, with a wrong one, and with a read-only one for a write: 401, and how it is said', async () => {
  const project = createProject({
    tokens: [
      { token: 'w'.repeat(64), write: true },
      { token: 'r'.repeat(64), write: false },
    ],
  });
  const withToken = async (token: string, method = 'GET') => {
    const response = await raw(project, '/v1/ssh_keys', {
      method,
      headers: token === '' ? {} : { authorization: token },
    });
    return `${response.status} ${await response.text()}`;
  };
  expect(await withToken('')).toBe(
    '401 {"error":{"code":"unauthorized","message":"token is required","details":null}}',
  );
  expect(await withToken('Bearer nobody')).toContain('the token you have provided is invalid');
  expect(await withToken(`Bearer ${'r'.repeat(64)}`)).toMatch(/^200 /);
  expect(await withToken(`Bearer ${'r'.repeat(64)}`, 'POST')).toMatch(/^401 .*token_readonly/);
});

test('a path that Hetzner lacks is 404 before the token is looked at, pretty-printed; one that we lack is a loud 501', async () => {
  const project = createProject();
  const unknown = await raw(project, '/v1/nothing_here');
  expect(unknown.status).toBe(404);
  expect(unknown.headers.get('content-type')).toBe('application/json; charset=UTF-8');
  expect(await unknown.text()).toBe(
    '{\n  "error": {\n    "message": "api route not found",\n    "code": "not_found",\n    "details": null\n  }\n}',
  );
  const outside = await raw(project, '/servers');
  expect(outside.status).toBe(404);
  expect(await project.refusal('POST /servers/1/rescue/fly')).toBe(
    '501 not_implemented: the emulated cloud has no POST /servers/1/rescue/fly: add it in src/emulator/resources/servers.ts',
  );
});

test('a known path with another method: 401 without a token, 405 with one', async () => {
  const project = createProject();
  expect((await raw(project, '/v1/servers', { method: 'PATCH' })).status).toBe(401);
  expect(await project.refusal('PATCH /servers')).toBe('405 method_not_allowed: method not allowed');
});

test('every reply, refused or not, carries a lower-case hex correlation id and the rate limit', async () => {
  const project = createProject();
  for (const path of ['/v1/servers', '/v1/nothing', '/v1/servers/1']) {
    const { headers } = await raw(project, path, { headers: { authorization: `Bearer ${project.emulator.token}` } });
    expect(headers.get('x-correlation-id')).toMatch(/^[0-9a-f]{16}$/);
    expect(headers.get('ratelimit-limit')).toBe('3600');
    expect(Number(headers.get('ratelimit-remaining'))).toBeGreaterThan(3_590);
  }
});

test('a body that is no JSON is 400; wrong fields are 422 with each one named; unknown ones are ignored', async () => {
  const project = createProject();
  expect(await project.refusal('POST /ssh_keys', '{"name":')).toBe('400 json_error: invalid JSON in request body');
  const { status, body } = await project.ask('POST /networks', { name: 5, ip_range: '10.0.0.0/16', subnets: [{}] });
  expect(status).toBe(422);
  expect(body.error.code).toBe('invalid_input');
  expect(body.error.details.fields.map((field: { name: string }) => field.name)).toEqual([
    'name',
    'subnets.0.type',
    'subnets.0.network_zone',
  ]);
  expect(body.error.details.fields[1].messages).toEqual(['Missing data for required field.']);
  await project.ok('POST /placement_groups', { name: 'g', type: 'spread', made_up: true });
});

test('a body-less POST is accepted where nothing is required', async () => {
  const project = createProject();
  const { body } = await project.ask('POST /servers/1/actions/poweron');
  expect(body.error.message).toBe("server with ID '1' not found");
});

test('the bucket empties, answers 429 as the real one, and refills by one request a second', async () => {
  const project = createProject({ limits: { requestsPerHour: 3600 } });
  project.emulator.rateLimit.setRemaining(1);
  await project.ok('GET /servers');
  const refused = await project.ask('GET /servers');
  expect([refused.status, refused.body.error]).toEqual([
    429,
    { message: 'limit of 3600 requests per hour reached', code: 'rate_limit_exceeded', details: null },
  ]);
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  const reset = Number(refused.headers.get('ratelimit-reset'));
  expect(reset).toBe(Math.ceil(project.emulator.clock.now() / 1000 + 3600));
  await project.wait(2_000);
  expect((await project.ask('GET /servers')).status).toBe(200);
  expect((await project.ask('GET /servers')).status).toBe(200);
  expect((await project.ask('GET /servers')).status).toBe(429);
});

test('ids that are no numbers name nothing', async () => {
  const project = createProject();
  expect(await project.refusal('GET /networks/abc')).toBe("404 not_found: network with ID 'abc' not found");
});
