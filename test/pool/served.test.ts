import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { serveEmulator } from '../../src/emulator/server.ts';
import { createGatewayMachines } from '../../src/machines/gateway.ts';
import { createLab } from '../support/lab.ts';
import { poolConfig } from './config.ts';

test("a preview of the pool answers to its name also through an emulator that is served: a socket's Host is the gateway's", async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  const { emulator } = lab;
  const served = await serveEmulator((request) => emulator.fetch(request));
  try {
    const machines = createGatewayMachines({
      endpoint: served.url,
      token: new Secret(emulator.token),
      fetch: (one) => fetch(one),
    });
    const through = machines.fetchThrough({ name: 'aipacto-pool-1', privateIp: '10.3.1.11', publicIp: null });
    const asked = async (host: string) =>
      (await through(new Request('http://10.3.1.11/health', { headers: { host } }))).status;
    expect(await asked('pr-7.pr.aipacto.com')).toBe(200);
    expect(await asked('pr-8.pr.aipacto.com')).toBe(503);
  } finally {
    await served.close();
  }
});
