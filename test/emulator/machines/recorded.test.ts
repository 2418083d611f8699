import { expect, test } from 'vitest';
import { createStage, formedStage, targetOf } from '../../support/machines.ts';

/* Answers seen on real agents, Nomad 1.9.7 and Consul 1.20: status and text. */
const minimal = {
  ID: 'web',
  TaskGroups: [{ Name: 'web', Count: 1, Tasks: [{ Name: 'web', Driver: 'docker', Config: { image: 'x' } }] }],
};
const said = async (reply: Response): Promise<[number, string]> => [reply.status, await reply.text()];

test('Nomad refuses in its own words', async () => {
  const stage = await formedStage(1);
  const post = async (path: string, body: unknown) =>
    said(await stage.ask(1, 4646, path, { method: 'POST', body: JSON.stringify(body) }));
  const register = (index: number) => post('/v1/jobs', { Job: minimal, EnforceIndex: true, JobModifyIndex: index });
  expect(await register(7)).toEqual([500, 'Enforcing job modify index 7: job does not exist']);
  const [status, registered] = await register(0);
  expect(status).toBe(200);
  const { JobModifyIndex: index } = JSON.parse(registered);
  expect(await register(0)).toEqual([500, 'Enforcing job modify index 0: job already exists']);
  expect(await register(999)).toEqual([
    500,
    `Enforcing job modify index 999: job exists with conflicting job modify index: ${index}`,
  ]);
  const [, plan] = await post('/v1/job/web/plan', { Job: minimal, Diff: true });
  expect(JSON.parse(plan)).toMatchObject({ Diff: { Type: 'None' }, JobModifyIndex: index });
  expect(await post('/v1/jobs/parse', { JobHCL: '' })).toEqual([400, 'Job spec is empty']);
  expect(await said(await stage.ask(1, 4646, '/v1/job/nope'))).toEqual([404, 'job not found']);
  expect(await stage.read(1, 4646, '/v1/job/nope/allocations')).toEqual([]);
  const gone = await stage.ask(1, 4646, '/v1/job/nope?purge=true', { method: 'DELETE' });
  expect([gone.status, (await gone.json()) as unknown]).toMatchObject([200, { EvalID: '' }]);
});

test('without a leader: status is 200 with an empty text, consistent reads are 500', async () => {
  const stage = await createStage();
  await stage.serve(1, 3);
  await stage.operations.awaitBoot(targetOf(1), stage.waiting);
  for (const port of [8501]) {
    expect(await said(await stage.ask(1, port, '/v1/status/leader'))).toEqual([200, '""']);
    expect(await said(await stage.ask(1, port, '/v1/operator/autopilot/health'))).toEqual([500, 'No cluster leader']);
  }
});

test('a dead voter makes autopilot answer 429, unhealthy, with no tolerance left', async () => {
  const stage = await formedStage(3);
  await stage.api('POST', `/v1/servers/${stage.ids[2]}/actions/poweroff`);
  await stage.sleep(8_000);
  await stage.operations.observe([targetOf(1)]);
  await stage.sleep(5_000);
  const reply = await stage.ask(1, 8501, '/v1/operator/autopilot/health');
  expect([reply.status, (await reply.json()) as unknown]).toMatchObject([429, { Healthy: false, FailureTolerance: 0 }]);
});

test('an unknown route says where it would be added', async () => {
  const stage = await formedStage(1);
  expect(await said(await stage.ask(1, 4646, '/v1/agent/self'))).toEqual([
    501,
    'the emulated nomad has no GET /v1/agent/self: add it in src/emulator/machines/nomad-model.ts',
  ]);
});

test('a stopped boot says at which step, and a wrong fault is refused', async () => {
  const stage = await createStage();
  await stage.serve(1, 1);
  await stage.fault(1, { kind: 'boot-fails', stage: 'packages', detail: 'E: Unable to locate package docker-ce' });
  await expect(stage.operations.awaitBoot(targetOf(1), stage.waiting)).rejects.toThrow(
    'cloud-init of aipacto-production-1 failed: packages: E: Unable to locate package docker-ce',
  );
  await stage.heal(1);
  await stage.fault(1, { kind: 'boot-hangs', stage: 'downloads' });
  await expect(stage.operations.awaitBoot(targetOf(1), stage.waiting)).rejects.toThrow(
    'waited 10 min for cloud-init of aipacto-production-1 to finish; last seen: cloud-init: downloading Consul, Nomad and Caddy (hangs)',
  );
  await expect(stage.fault(1, { kind: 'boot-fails', stage: 'lunch' })).rejects.toThrow('422');
});
