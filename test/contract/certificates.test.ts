import { expect, test } from 'vitest';
import { type Api, createApi } from './api.ts';
import { selfSigned } from './self-signed.ts';

const managed = { name: 'web', type: 'managed', domain_names: ['example.com', '*.example.com'] };
const exampleCom = (api: Api, more: Record<string, unknown> = {}) =>
  api.done('POST /zones', { name: 'example.com', mode: 'primary', ...more });
const read = async (api: Api, id: number) => (await api.ok(`GET /certificates/${id}`)).certificate;

test('a managed certificate is issued when its action ends, for domains of a zone of the project', async () => {
  const api = createApi();
  await exampleCom(api);
  const { certificate, action } = await api.ok('POST /certificates', managed);
  expect(action).toMatchObject({ command: 'create_certificate', status: 'running' });
  expect(certificate).toMatchObject({
    certificate: null,
    fingerprint: null,
    status: { issuance: 'pending', renewal: 'unavailable', error: null },
  });
  await api.settled();
  expect(await read(api, certificate.id)).toMatchObject({
    certificate: expect.stringContaining('BEGIN CERTIFICATE'),
    fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    domain_names: managed.domain_names,
    not_valid_after: '2027-02-22T00:00:31+00:00',
    status: { issuance: 'completed', renewal: 'scheduled', error: null },
  });
});

test.each([
  ['no zone', {}, 'dns_zone_not_found'],
  [
    'a secondary zone',
    { mode: 'secondary', primary_nameservers: [{ address: '198.51.100.1' }] },
    'dns_zone_is_secondary_zone',
  ],
  [
    'a CAA record for others',
    { rrsets: [{ name: '@', type: 'CAA', records: [{ value: '0 issue "other.example"' }] }] },
    'caa_record_does_not_allow_ca',
  ],
])('with %s the action fails and says why; retry succeeds once that is mended', async (what, more, code) => {
  const api = createApi();
  if (what !== 'no zone') await exampleCom(api, more);
  const { certificate, action } = await api.done('POST /certificates', managed);
  expect((await api.ok(`GET /actions/${action.id}`)).action).toMatchObject({ status: 'error', error: { code } });
  expect((await read(api, certificate.id)).status).toMatchObject({ issuance: 'failed', error: { code } });
  if (what !== 'no zone') await api.done('DELETE /zones/example.com');
  await exampleCom(api);
  await api.done(`POST /certificates/${certificate.id}/actions/retry`);
  expect((await read(api, certificate.id)).status.issuance).toBe('completed');
  expect(await api.say(`POST /certificates/${certificate.id}/actions/retry`)).toBe(
    '422 unsupported_error: certificate not retryable',
  );
});

test('a used certificate names its load balancers and can not be deleted', async () => {
  const api = createApi();
  await exampleCom(api);
  const { certificate } = await api.done('POST /certificates', managed);
  const services = [{ protocol: 'https', http: { certificates: [certificate.id], redirect_http: true } }];
  const body = { name: 'lb', load_balancer_type: 'lb11', location: 'nbg1', services };
  const { load_balancer } = await api.done('POST /load_balancers', body);
  expect((await read(api, certificate.id)).used_by).toEqual([{ id: load_balancer.id, type: 'load_balancer' }]);
  expect(await api.say(`DELETE /certificates/${certificate.id}`)).toBe(
    `422 resource_in_use: certificate with ID ${certificate.id} is still in use`,
  );
  await api.ok(`DELETE /load_balancers/${load_balancer.id}`);
  expect(await api.say(`DELETE /certificates/${certificate.id}`)).toBe('204');
});

test('names are unique; an uploaded one needs its parts; a managed one its domains', async () => {
  const api = createApi();
  await api.done('POST /certificates', managed);
  expect([
    await api.say('POST /certificates', managed),
    await api.say('POST /certificates', { name: 'a' }),
    await api.say('POST /certificates', { name: 'a', certificate: 'x' }),
    await api.say('POST /certificates', { name: 'a', certificate: 'x', private_key: 'y' }),
    await api.say('POST /certificates', { name: 'a', type: 'managed' }),
    await api.say('POST /certificates', { name: 'a', type: 'managed', domain_names: ['no domain'] }),
  ]).toEqual([
    '409 uniqueness_error: name is already used',
    "422 invalid_input: invalid input in field 'certificate'",
    "422 invalid_input: invalid input in field 'private_key'",
    "422 invalid_input: invalid input in field 'certificate'",
    "422 invalid_input: invalid input in field 'domain_names'",
    "422 invalid_input: invalid input in field 'domain_names'",
  ]);
});

test('an uploaded certificate is read: names, validity, fingerprint; its key must fit and never comes back', async () => {
  const api = createApi();
  const { certificate: pem, privateKey } = selfSigned('www.example.com');
  const { certificate, action } = await api.ok('POST /certificates', {
    name: 'up',
    certificate: pem,
    private_key: privateKey,
  });
  expect(action).toBeNull();
  expect(certificate).toMatchObject({
    type: 'uploaded',
    certificate: pem,
    domain_names: ['www.example.com'],
    not_valid_before: '2026-01-01T00:00:00+00:00',
    not_valid_after: '2027-01-01T00:00:00+00:00',
    fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    status: null,
  });
  expect(JSON.stringify(await api.ok(`GET /certificates/${certificate.id}`))).not.toContain('PRIVATE KEY');
  const other = { name: 'other', certificate: pem, private_key: selfSigned('www.example.com').privateKey };
  expect(await api.say('POST /certificates', other)).toBe("422 invalid_input: invalid input in field 'private_key'");
  expect(await api.say(`POST /certificates/${certificate.id}/actions/retry`)).toMatch(/^422 unsupported_error/);
});
