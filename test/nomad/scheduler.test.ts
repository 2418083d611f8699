import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJob } from '../../src/emulator/machines/hcl/job.ts';
import { createNomad } from '../../src/nomad/scheduler.ts';
import { varFile } from '../../src/nomad/variables.ts';
import { formedStage, ipOf, keys, webJob } from '../support/machines.ts';

test('a job whose deployment failed is tried again by the next run, with a version of its own', async () => {
  const stage = await formedStage(1);
  await stage.fault(1, { kind: 'never-healthy' });
  await expect(stage.operations.submit(webJob('one'), stage.waiting)).rejects.toThrow('job web version 0 failed');
  await stage.heal(1);
  await stage.operations.submit(webJob('one'), stage.waiting);
  expect(await stage.nomad().jobs()).toMatchObject([{ fingerprint: 'one', version: 1, healthy: 2 }]);
});

test('a change by another hand between plan and register is refused, not overwritten', async () => {
  const stage = await formedStage(1);
  await stage.operations.submit(webJob('one'), stage.waiting);
  const through = stage.machines.fetchThrough({ name: 'aipacto-production-1', privateIp: ipOf(1), publicIp: null });
  const meddle = async (request: Request): Promise<Response> => {
    if (request.method === 'POST' && request.url.endsWith('/v1/jobs')) {
      const job = await stage.read(1, 4646, '/v1/job/web');
      job.Meta.by = 'someone else';
      await stage.ask(1, 4646, '/v1/jobs', { method: 'POST', body: JSON.stringify({ Job: job }) });
    }
    return through(request);
  };
  const nomad = createNomad({ fetch: meddle, address: `https://${ipOf(1)}:4646`, token: keys.nomad.management });
  await expect(nomad.submit(webJob('two').spec, { fingerprint: 'two', owner: 'o' })).rejects.toMatchObject({
    message: expect.stringContaining('was changed by someone else meanwhile (Enforcing job modify index'),
    done: ['the job was left as they wrote it'],
  });
  expect((await stage.read(1, 4646, '/v1/job/web')).Meta.by).toBe('someone else');
});

test('a specification that Nomad refuses is quoted with its place', async () => {
  const stage = await formedStage(1);
  const typo = webJob('one').spec.hcl.replace('count = var.count', 'cuont = var.count');
  await expect(stage.operations.submit(webJob('one', {}, typo), stage.waiting)).rejects.toThrow(
    /^the specification of job web was refused: Failed to parse job: input.hcl:\d+,\d+: Unsupported argument; An argument named "cuont" is not expected here\.$/,
  );
  const renamed = webJob('one').spec.hcl.replace('job "web"', 'job "wbe"');
  await expect(stage.operations.submit(webJob('one', {}, renamed), stage.waiting)).rejects.toThrow(
    'the specification of job web names its job "wbe"',
  );
});

test('a reply of another shape, or none, is an error that names the call', async () => {
  const answering = (body: string) => createNomad({ fetch: async () => new Response(body), address: 'http://n:4646' });
  await expect(answering('[{"ID":1}]').nodes()).rejects.toThrow(
    'Nomad GET /v1/nodes answered in a shape this version does not know: 0.ID',
  );
  await expect(answering('<html>').leader()).rejects.toThrow('answered something that is not JSON: <html>');
  const dead = createNomad({ fetch: () => Promise.reject(new Error('ECONNREFUSED')), address: 'http://n:4646' });
  await expect(dead.leader()).rejects.toThrow(
    'Nomad GET /v1/status/leader got no reply from n:4646 within 10 s: ECONNREFUSED',
  );
});

test('any text goes through a var-file unchanged', () => {
  const hcl =
    'variable "v" {\n type = string\n }\njob "j" {\n meta { \n v = var.v \n }\n group "g" {\n task "t" {\n driver = "docker"\n }\n }\n }';
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('${a}', '%{b}', '$${c}', '"\\n', '$')),
      (text) => {
        expect(parseJob(hcl, varFile({ v: text }))['Meta']).toEqual({ v: text });
      },
    ),
  );
});

const system = (change = ''): string => `job "agent" {
  type = "system"
  group "agent" {
    task "agent" {
      driver = "docker"
      config {
        image = "example/agent:1${change}"
      }
    }
  }
}`;

test('a system job has no deployment: it is healthy when each node ran it for min_healthy_time', async () => {
  const stage = await formedStage(3);
  const job = { jobId: 'agent', hcl: system(), variables: {}, count: 0, healthPath: '/', secrets: [] };
  const { version } = await stage.nomad().submit(job, { fingerprint: 'a', owner: 'o' });
  await stage.sleep(8_000);
  expect(await stage.nomad().health('agent', version)).toEqual({
    state: 'waiting',
    detail: '0 of 3 nodes run it for 10 s',
  });
  await stage.sleep(8_000);
  expect(await stage.nomad().health('agent', version)).toEqual({
    state: 'healthy',
    detail: '3 of 3 nodes run it for 10 s',
  });
  expect(await stage.read(1, 4646, '/v1/job/agent/deployments')).toEqual([]);
});
