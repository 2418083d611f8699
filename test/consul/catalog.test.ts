import { expect, test } from 'vitest';
import { createConsul } from '../../src/consul/catalog.ts';

const answering = (status: number, body: unknown) =>
  createConsul({
    fetch: async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }),
    address: 'http://10.0.1.11:8500',
  });
const server = (name: string, healthy: boolean, voter = true, version = '1.20.1') => ({
  ID: `id of ${name}`,
  Name: name,
  SerfStatus: healthy ? 'alive' : 'failed',
  Healthy: healthy,
  Voter: voter,
  Version: version,
});

test('429 is a sick cluster with the same body, not a rate limit: the healthy voters are read from it', async () => {
  const Servers = [server('c', true), server('a', true), server('b', false), server('d', true, false)];
  const voters = await answering(429, { Healthy: false, FailureTolerance: 0, Servers }).voters();
  expect(voters).toEqual({ names: ['a', 'c'], version: '1.20.1' });
});

test('servers that disagree have no version', async () => {
  const Servers = [server('a', true), server('b', true, true, '1.21.0')];
  expect((await answering(200, { Healthy: true, FailureTolerance: 0, Servers }).voters()).version).toBeNull();
});

test('no leader is null, and nobody votes', async () => {
  expect(await answering(200, '""').leader()).toBeNull();
  expect(await answering(500, 'No cluster leader').voters()).toEqual({ names: [], version: null });
});

test('a refusal keeps the server’s own text', async () => {
  const text = "Permission denied: anonymous token lacks permission 'operator:read'";
  await expect(answering(403, text).voters()).rejects.toThrow(`Consul GET /v1/operator/autopilot/health: 403 ${text}`);
  await expect(answering(500, 'rpc error').passing('web')).rejects.toThrow(
    'Consul GET /v1/health/service/web: 500 rpc error',
  );
});
