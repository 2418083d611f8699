import { expect, test } from 'vitest';
import { formedStage, nameOf, targetOf, webJob } from '../../support/machines.ts';

const jobsOf = async (stage: Awaited<ReturnType<typeof formedStage>>) => stage.nomad().jobs();

test('a job is registered, placed on two nodes, healthy, and answers through the ingress of every node', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  expect(await jobsOf(stage)).toMatchObject([
    {
      jobId: 'web',
      fingerprint: 'one',
      owner: 'aipacto/production',
      version: 0,
      status: 'running',
      wanted: 2,
      healthy: 2,
    },
  ]);
  expect(await stage.consul().passing('web')).toBe(2);
  const allocations = await stage.read(1, 4646, '/v1/job/web/allocations');
  expect(new Set(allocations.map((one: { NodeName: string }) => one.NodeName)).size).toBe(2);
  for (const n of [1, 2, 3]) {
    const reply = await stage.ask(n, 80, '/health');
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ job: 'web', version: 'one', jobVersion: 0 });
    expect((await stage.ask(n, 80, '/healthz')).status).toBe(200);
  }
});

test('before a job runs the ingress says so, and its own health is well', async () => {
  const stage = await formedStage(1);
  const reply = await stage.ask(1, 80, '/');
  expect([reply.status, await reply.text()]).toEqual([503, 'no service answers this path yet']);
  expect(stage.emulator.machines?.targetHealth(stage.ids[0] ?? 0, 80)).toBe('healthy');
  expect(stage.emulator.machines?.targetHealth(stage.ids[0] ?? 0, 8080)).toBe('unhealthy');
});

test('an unchanged job makes no new version', async () => {
  const stage = await formedStage(1);
  await stage.operations.submit(webJob('one'), stage.waiting);
  const before = await jobsOf(stage);
  await stage.operations.submit(webJob('one'), stage.waiting);
  expect(await jobsOf(stage)).toEqual(before);
});

test('a changed job goes out by canary, and the old version answers until the new one is healthy', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  const answers: string[] = [];
  let done = false;
  const watch = async (): Promise<void> => {
    while (!done) {
      const reply = await stage.ask(2, 80, '/');
      answers.push(reply.ok ? (/"version":"(\w+)"/.exec(await reply.text())?.[1] ?? 'none') : `${reply.status}`);
      await stage.sleep(500);
    }
  };
  const watching = watch();
  await stage.operations.submit(webJob('two'), stage.waiting);
  done = true;
  await watching;
  expect([...new Set(answers)]).toEqual(['one', 'two']);
  expect(await jobsOf(stage)).toMatchObject([{ version: 1, fingerprint: 'two', healthy: 2 }]);
});

test('only its count changed: running allocations stay where they are', async () => {
  const stage = await formedStage(3);
  await stage.nomad().submit(webJob('one').spec, { fingerprint: 'same', owner: 'o' });
  await stage.sleep(60_000);
  const idsOf = async (): Promise<string[]> =>
    (await stage.read(1, 4646, '/v1/job/web/allocations'))
      .filter((one: { DesiredStatus: string }) => one.DesiredStatus === 'run')
      .map((one: { ID: string }) => one.ID);
  const before = await idsOf();
  const job = await stage.read(1, 4646, '/v1/job/web');
  job.TaskGroups[0].Count = 3;
  const reply = await stage.ask(1, 4646, '/v1/jobs', { method: 'POST', body: JSON.stringify({ Job: job }) });
  expect(reply.status).toBe(200);
  await stage.sleep(60_000);
  const after = await idsOf();
  expect(after).toHaveLength(3);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(await stage.nomad().health('web', 1)).toEqual({ state: 'healthy', detail: '3 of 3 allocations healthy' });
});

test('a job whose check never passes fails with its task’s last event', async () => {
  const stage = await formedStage(1);
  await stage.fault(1, { kind: 'never-healthy', job: 'web' });
  await expect(stage.operations.submit(webJob('one'), stage.waiting)).rejects.toThrow(
    /^job web version 0 failed: deployment failed; Failed due to unhealthy allocations - no stable job version to auto revert to; task web of allocation [0-9a-f]{8} on aipacto-production-1: Alloc Unhealthy: Task not running for min_healthy_time of 3s by healthy_deadline of 3m0s$/,
  );
  const reply = await stage.ask(1, 80, '/');
  expect([reply.status, await reply.text()]).toEqual([503, 'no healthy instance']);
});

test('a crashing new version fails although auto_revert heals the job, and the old version keeps answering', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  const watched: number[] = [];
  let done = false;
  const watching = (async () => {
    while (!done) {
      watched.push((await stage.ask(1, 80, '/')).status);
      await stage.sleep(5_000);
    }
  })();
  const submitting = stage.operations.submit(webJob('two', {}, crashing), stage.waiting);
  await expect(submitting).rejects.toThrow(
    /rolling back to job version 0; task web of allocation [0-9a-f]{8} on .*: Terminated: Exit Code: 1/,
  );
  done = true;
  await watching;
  expect(new Set(watched)).toEqual(new Set([200]));
  await stage.sleep(60_000);
  expect(await jobsOf(stage)).toMatchObject([{ fingerprint: 'one', version: 2, healthy: 2 }]);
});
/** A job whose image can't start: the models know it by its name. */
const crashing = webJob('x').spec.hcl.replace(/image\s+= var\.image/, 'image = "example/crashes:1"');

test('a job that no node has room for is refused before anything changes', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  await expect(stage.operations.submit(webJob('big', { memory: 60_000 }), stage.waiting)).rejects.toThrow(
    'job web does not fit: web: memory exhausted on 3 nodes',
  );
  expect(await jobsOf(stage)).toMatchObject([{ fingerprint: 'one', version: 0, healthy: 2 }]);
});

test('stopping purges the job, and stopping it again is no error', async () => {
  const stage = await formedStage(1);
  await stage.operations.submit(webJob('one'), stage.waiting);
  await stage.operations.stop('web', stage.waiting);
  expect(await jobsOf(stage)).toEqual([]);
  expect(await stage.consul().passing('web')).toBe(0);
  await stage.operations.stop('web', stage.waiting);
});

test('what runs on a server that is gone is placed on another', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  const allocations = await stage.read(1, 4646, '/v1/job/web/allocations');
  const host: string = allocations[0].NodeName;
  const victim = [1, 2, 3].find((n) => nameOf(n) === host) ?? 0;
  await stage.api('DELETE', `/v1/servers/${stage.ids[victim - 1]}`);
  await stage.sleep(10_000);
  const rest = [1, 2, 3].filter((n) => n !== victim);
  await stage.operations.observe(rest.map(targetOf));
  await stage.sleep(90_000);
  const observed = await stage.operations.observe(rest.map(targetOf));
  expect(observed).toMatchObject({ reachable: true, jobs: [{ jobId: 'web', healthy: 2, wanted: 2 }] });
});

test('an error of the API is a failure, never health', async () => {
  const stage = await formedStage(1);
  await stage.fault(1, { kind: 'api-error', system: 'nomad', path: '/v1/jobs', text: 'rpc error: EOF' });
  await expect(stage.operations.submit(webJob('one'), stage.waiting)).rejects.toThrow(
    'Nomad POST /v1/jobs/parse: 500 rpc error: EOF',
  );
  await stage.heal(1);
  await stage.fault(1, { kind: 'api-error', system: 'nomad', path: '/v1/job/web/deployments' });
  await expect(stage.operations.submit(webJob('one'), stage.waiting)).rejects.toThrow(
    'waiting for job web version 0 to be healthy met nothing but errors for 1 min; the last: aipacto-production-1: Nomad GET /v1/job/web/deployments: 500 rpc error: EOF',
  );
});

test('a passing error of the API is waited out', async () => {
  const stage = await formedStage(1);
  await stage.fault(1, { kind: 'api-error', system: 'nomad', path: '/v1/job/web/deployments', times: 3 });
  await stage.operations.submit(webJob('one'), stage.waiting);
  expect(await jobsOf(stage)).toMatchObject([{ healthy: 2 }]);
});
