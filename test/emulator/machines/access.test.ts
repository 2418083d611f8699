import { expect, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { keys } from '../../support/machines.ts';
import { securedStage } from './secured.ts';

const unknown = new Secret('11111111-2222-4333-8444-555555555555');
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test('the set-up is done once, and doing it again changes nothing', async () => {
  const stage = await securedStage(1);
  const deployer = await stage.setUp();
  expect(deployer.reveal()).toMatch(uuid);
  const writes = async () => {
    const paths = ['/v1/acl/policies', '/v1/acl/tokens'];
    const consul = await Promise.all(paths.map((path) => stage.said(1, 8501, path, keys.consul.management)));
    const nomad = await Promise.all(paths.map((path) => stage.said(1, 4646, path, keys.nomad.management)));
    return [...consul, ...nomad];
  };
  const before = await writes();
  await stage.catalogAccess().bootstrap(keys.consul.management);
  await stage.catalogAccess().tokens(keys.consul);
  await stage.schedulerAccess().bootstrap(keys.nomad.management);
  expect((await stage.schedulerAccess().deployer(deployer)).reveal()).toBe(deployer.reveal());
  // Its reply lost: the token that was made is found again.
  expect((await stage.schedulerAccess().deployer(null)).reveal()).toBe(deployer.reveal());
  expect(await writes()).toEqual(before);
  await stage.catalogAccess().workloads({ jwksUrl: 'https://10.0.1.11:4646/.well-known/jwks.json', jwksCa: 'ca' });
  await stage.catalogAccess().workloads({ jwksUrl: 'https://10.0.1.11:4646/.well-known/jwks.json', jwksCa: 'ca' });
  const [, rules] = await stage.said(1, 8501, '/v1/acl/binding-rules', keys.consul.management);
  expect(JSON.parse(rules)).toHaveLength(2);
});

test('nobody without a token learns anything, and each token does what it is for', async () => {
  const stage = await securedStage(1);
  const deployer = await stage.setUp();
  const statuses = async (port: 8501 | 4646, path: string, tokens: Record<string, Secret | null>) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(tokens).map(async ([name, token]) => [name, (await stage.said(1, port, path, token))[0]]),
      ),
    );
  expect(await stage.catalogAccess().refusesAnonymous()).toBe(true);
  expect(await stage.schedulerAccess().refusesAnonymous()).toBe(true);
  const { agent, ingress, provisioner, management } = keys.consul;
  const consul = { none: null, unknown, agent, ingress, provisioner, management };
  expect(await statuses(8501, '/v1/operator/autopilot/health', consul)).toEqual({
    none: 403,
    unknown: 403,
    agent: 403,
    ingress: 403,
    provisioner: 200,
    management: 200,
  });
  expect(await statuses(8501, '/v1/acl/tokens', consul)).toMatchObject({ provisioner: 403, management: 200 });
  expect(await stage.said(1, 8501, '/v1/agent/members', null)).toEqual([200, '[]']);
  expect(await stage.said(1, 8501, '/v1/catalog/nodes', ingress)).toEqual([
    200,
    expect.stringContaining('production-1'),
  ]);
  const nomad = { none: null, unknown, deployer, management: keys.nomad.management };
  const everything = { none: 403, unknown: 403, deployer: 200, management: 200 };
  for (const path of ['/v1/nodes', '/v1/jobs', '/v1/operator/autopilot/health'])
    expect([path, await statuses(4646, path, nomad)]).toEqual([path, everything]);
  expect(await statuses(4646, '/v1/acl/tokens', nomad)).toEqual({ ...everything, deployer: 403 });
  expect(await statuses(4646, '/v1/status/leader', nomad)).toMatchObject({ none: 200, unknown: 200 });
});

test('a bootstrap works once; another’s is not taken for ours', async () => {
  const stage = await securedStage(1);
  await stage.setUp();
  await expect(stage.catalogAccess().bootstrap(unknown)).rejects.toThrow(
    'does not hold: Permission denied: ACL bootstrap',
  );
  await expect(stage.schedulerAccess().bootstrap(unknown)).rejects.toThrow('does not hold: ACL bootstrap already done');
});

test('Consul asks for Nomad’s keys before it lets its jobs log in', async () => {
  const stage = await securedStage(1);
  await stage.setUp();
  await expect(
    stage.catalogAccess().workloads({ jwksUrl: 'https://127.0.0.1:1/jwks.json', jwksCa: 'ca' }),
  ).rejects.toThrow('error checking JWKSURL: fetching keys oidc: get keys failed');
});

test('variables are written by compare-and-swap, and only where the deployer may', async () => {
  const stage = await securedStage(1);
  const deployer = await stage.setUp();
  const scheduler = stage.scheduler(deployer);
  const value = { DATABASE_URL: new Secret('postgres://one') };
  expect(await scheduler.putVariables('nomad/jobs/server', value)).toEqual({ changed: true });
  expect(await scheduler.putVariables('nomad/jobs/server', value)).toEqual({ changed: false });
  const [status, text] = await stage.said(1, 4646, '/v1/var/nomad/jobs/server', deployer);
  expect([status, JSON.parse(text)]).toMatchObject([200, { Items: { DATABASE_URL: 'postgres://one' } }]);
  expect(await stage.said(1, 4646, '/v1/var/nomad/jobs/server', null)).toEqual([403, 'Permission denied']);
  expect(await stage.said(1, 4646, '/v1/var/nomad/jobs/nope', deployer)).toEqual([404, 'variable not found']);
  await expect(scheduler.putVariables('elsewhere', value)).rejects.toThrow('403');
});
