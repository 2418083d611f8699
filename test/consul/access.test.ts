import { expect, test } from 'vitest';
import { createCatalogAccess } from '../../src/consul/access.ts';
import { AccessControlError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { formedStage, ipOf, keys, targetOf } from '../support/machines.ts';

/* Above the simulated Consul, which is checked against what a real one answered (test/contract/models.test.ts). */
const jwksUrl = 'https://127.0.0.1:4646/.well-known/jwks.json';

const counted = async () => {
  const stage = await formedStage(1);
  const sent: string[] = [];
  const through = stage.machines.fetchThrough(targetOf(1));
  const fetch = (request: Request): Promise<Response> => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return through(request);
  };
  const access = createCatalogAccess({ fetch, address: `https://${ipOf(1)}:8501`, token: keys.consul.management });
  const put = async (path: string, body: unknown): Promise<void> => {
    expect(
      (await stage.ask(1, 8501, path, { method: 'PUT', body: JSON.stringify(body), headers: management })).status,
    ).toBe(200);
  };
  const management = { 'x-consul-token': keys.consul.management.reveal() };
  return { stage, access, sent, put, writes: () => sent.filter((call) => !call.startsWith('GET ')) };
};

test('what is set up already is only read', async () => {
  const { access, writes, sent } = await counted();
  await access.bootstrap(keys.consul.management);
  await access.tokens(keys.consul);
  await access.workloads({ jwksUrl, jwksCa: keys.ca.certificate });
  expect(await access.refusesAnonymous()).toBe(true);
  expect(writes()).toEqual([]);
  // Never by its own secret: a Consul that does not know it yet may write it into its log.
  expect(sent).not.toContain('GET /v1/acl/token/self');
});

test('a policy with other rules, a token with other policies and a lost binding rule are put right, and nothing else', async () => {
  const { access, stage, put, writes } = await counted();
  const policy = await stage.read(1, 8501, '/v1/acl/policy/name/ingress');
  await put(`/v1/acl/policy/${policy.ID}`, { Name: 'ingress', Description: 'mine', Rules: 'operator = "write"' });
  const token = (await stage.read(1, 8501, '/v1/acl/tokens')).find(
    (one: { SecretID: string }) => one.SecretID === keys.consul.provisioner.reveal(),
  );
  await put(`/v1/acl/token/${token.AccessorID}`, { Description: 'mine', Policies: [{ Name: 'global-management' }] });
  await access.tokens(keys.consul);
  expect(writes().toSorted()).toEqual([`PUT /v1/acl/policy/${policy.ID}`, `PUT /v1/acl/token/${token.AccessorID}`]);
  expect((await stage.read(1, 8501, '/v1/acl/policy/name/ingress')).Rules).not.toContain('operator');
  const again = await stage.read(1, 8501, `/v1/acl/token/${token.AccessorID}`);
  expect(again.Policies).toMatchObject([{ Name: 'provisioner' }]);
});

test('a management token of somebody else’s is told with the index that lets Consul forget it', async () => {
  const { access } = await counted();
  const error: unknown = await access
    .bootstrap(new Secret('11111111-2222-4333-8444-555555555555'))
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AccessControlError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/that our state does not hold: .*no longer allowed \(reset index: \d+\)$/),
    next: expect.stringMatching(/write \d+ into \/var\/lib\/consul\/acl-bootstrap-reset on its leader, and run again$/),
  });
});

test('a bootstrap whose reply was lost is found to be ours', async () => {
  let calls = 0;
  const answers: Response[] = [
    new Response('ACL system must be bootstrapped before making any requests', { status: 403 }),
    new Response('Permission denied: ACL bootstrap no longer allowed (reset index: 7)', { status: 403 }),
    Response.json([]),
  ];
  const access = createCatalogAccess({
    fetch: async () => answers[calls++] ?? new Response('', { status: 500 }),
    address: 'https://c:8501',
    token: keys.consul.management,
  });
  await access.bootstrap(keys.consul.management);
  expect(calls).toBe(3);
});

test('a Consul that answers strangers, or has no access control at all, is not taken for a safe one', async () => {
  const answering = (of: (path: string) => Response) =>
    createCatalogAccess({ fetch: async (request) => of(new URL(request.url).pathname), address: 'https://c:8501' });
  const open = answering(() => Response.json([]));
  expect(await open.refusesAnonymous()).toBe(false);
  const half = answering((path) =>
    path.includes('autopilot') ? new Response('Permission denied', { status: 403 }) : Response.json([{ Node: 'a' }]),
  );
  expect(await half.refusesAnonymous()).toBe(false);
  const off = answering(() => new Response('ACL support disabled', { status: 401 }));
  await expect(off.refusesAnonymous()).rejects.toThrow('401 ACL support disabled');
});

test('no secret stands in an error', async () => {
  const access = createCatalogAccess({
    fetch: async () => new Response('no', { status: 500 }),
    address: 'https://c:8501',
    token: keys.consul.management,
  });
  const error = (await access.tokens(keys.consul).catch((caught: unknown) => caught)) as Error;
  for (const secret of Object.values(keys.consul))
    expect(`${error.message} ${error.stack}`).not.toContain(secret.reveal());
});

test('the leader takes another management token once its index lies in its reset file; lost tokens are revoked', async () => {
  const { stage, access: former } = await counted();
  await former.tokens(keys.consul);
  const [management, provisioner] = [
    new Secret('11111111-2222-4333-8444-555555555555'),
    new Secret('11111111-2222-4333-8444-666666666666'),
  ];
  const fetch = stage.machines.fetchThrough(targetOf(1));
  const access = createCatalogAccess({ fetch, address: `https://${ipOf(1)}:8501`, token: management });
  const { resetIndex } = (await access.bootstrap(management).catch((caught: unknown) => caught)) as AccessControlError;
  const path = '/var/lib/consul/acl-bootstrap-reset';
  await stage.machines.placeFile(targetOf(1), { path, mode: '0600', owner: 'consul:consul', content: `${resetIndex}` });
  await access.bootstrap(management);
  await access.tokens({ ...keys.consul, provisioner });
  await access.revokeFormer({ management, provisioner });
  const reply = await stage.ask(1, 8501, '/v1/acl/tokens', { headers: { 'x-consul-token': management.reveal() } });
  const secrets = ((await reply.json()) as { SecretID: string }[]).map(({ SecretID }) => SecretID);
  const { agent, nomad, ingress } = keys.consul;
  expect(secrets).toEqual(
    expect.arrayContaining([agent, nomad, ingress, management, provisioner].map((one) => one.reveal())),
  );
  for (const lost of [keys.consul.management, keys.consul.provisioner]) expect(secrets).not.toContain(lost.reveal());
});
