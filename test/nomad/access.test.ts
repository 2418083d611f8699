import { expect, test } from 'vitest';
import { z } from 'zod';
import { askInTurn } from '../../src/cluster/ask.ts';
import { waitFor } from '../../src/cluster/wait.ts';
import { createConsulAsk } from '../../src/consul/http.ts';
import { AccessControlError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import { createSchedulerAccess } from '../../src/nomad/access.ts';
import { createNomadHttp } from '../../src/nomad/http.ts';
import { createNomad } from '../../src/nomad/scheduler.ts';
import { createGate } from '../../src/statefile/gate.ts';
import { formedStage, ipOf, keys, targetOf } from '../support/machines.ts';

/* Above the simulated Nomad, which is checked against what a real one answered (test/contract/models.test.ts). */
const counted = async () => {
  const stage = await formedStage(1);
  const sent: string[] = [];
  const through = stage.machines.fetchThrough(targetOf(1));
  const fetch = (request: Request): Promise<Response> => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return through(request);
  };
  const address = `https://${ipOf(1)}:4646`;
  const access = createSchedulerAccess({ fetch, address, token: keys.nomad.management });
  return { stage, access, fetch, address, writes: () => sent.filter((call) => !call.startsWith('GET ')) };
};

test('what is set up already is only read, and the deployer keeps its token', async () => {
  const { access, writes } = await counted();
  const known = await access.deployer(null);
  await access.bootstrap(keys.nomad.management);
  expect((await access.deployer(known)).reveal()).toBe(known.reveal());
  expect(await access.refusesAnonymous()).toBe(true);
  expect(writes()).toEqual([]);
});

test('the deployer’s token whose secret was lost, or that was deleted, is found again or made anew', async () => {
  const { access, stage, writes } = await counted();
  const made = await access.deployer(null);
  expect((await access.deployer(new Secret('11111111-2222-4333-8444-555555555555'))).reveal()).toBe(made.reveal());
  expect(writes()).toEqual([]);
  const stub = (await stage.read(1, 4646, '/v1/acl/tokens')).find((one: { Name: string }) => one.Name === 'deployer');
  const gone = await stage.ask(1, 4646, `/v1/acl/token/${stub.AccessorID}`, { method: 'DELETE' });
  expect(gone.status).toBe(200);
  const anew = await access.deployer(made);
  expect(anew.reveal()).not.toBe(made.reveal());
  expect(writes()).toEqual(['POST /v1/acl/token']);
});

test('the deployer reads all that we look at, and no more', async () => {
  const { access, fetch, address, stage } = await counted();
  const deployer = await access.deployer(null);
  const nomad = createNomad({ fetch, address, token: deployer });
  expect((await nomad.voters()).names).toHaveLength(1);
  expect(await nomad.nodes()).toHaveLength(1);
  expect(await nomad.jobs()).toEqual([]);
  const headers = { 'x-nomad-token': deployer.reveal() };
  expect((await stage.ask(1, 4646, '/v1/acl/tokens', { headers })).status).toBe(403);
});

test('a management token of somebody else’s is told with the index that lets Nomad forget it', async () => {
  const { access } = await counted();
  const error: unknown = await access
    .bootstrap(new Secret('11111111-2222-4333-8444-555555555555'))
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AccessControlError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/our state does not hold: ACL bootstrap already done \(reset index: \d+\)$/),
    next: expect.stringContaining('/var/lib/nomad/server/acl-bootstrap-reset'),
  });
});

test('the leader takes another management token once its index lies in its reset file; lost tokens are revoked', async () => {
  const { stage, fetch, address } = await counted();
  const another = new Secret('11111111-2222-4333-8444-555555555555');
  const access = createSchedulerAccess({ fetch, address, token: another });
  const { resetIndex } = (await access.bootstrap(another).catch((caught: unknown) => caught)) as AccessControlError;
  const reset = (content: string) =>
    stage.machines.placeFile(targetOf(1), {
      path: '/var/lib/nomad/server/acl-bootstrap-reset',
      mode: '0600',
      owner: 'root:root',
      content,
    });
  await reset(String(Number(resetIndex) + 1));
  await expect(access.bootstrap(another)).rejects.toThrow(/reset index/);
  await reset(String(resetIndex));
  await access.bootstrap(another);
  await access.revokeFormer({ management: another, deployer: null });
  const deployer = await access.deployer(null);
  await access.revokeFormer({ management: another, deployer });
  const reply = await stage.ask(1, 4646, '/v1/acl/tokens', { headers: { 'x-nomad-token': another.reveal() } });
  const names = ((await reply.json()) as { Name: string }[]).map(({ Name }) => Name);
  expect(names).toEqual(['Bootstrap Token', 'deployer']);
});

test('without a leader Nomad says 500, and that is no leader rather than an error', async () => {
  const nomad = createNomad({
    fetch: async () => new Response('No cluster leader', { status: 500 }),
    address: 'https://n:4646',
  });
  expect(await nomad.leader()).toBeNull();
  expect(await nomad.voters()).toEqual({ names: [], version: null });
});

test('a write that the gate holds back is told as what it is, at once, and not as a reply that never came', async () => {
  const { address, fetch } = await counted();
  const guarded = createGate().guard(fetch);
  const lost = { name: 'LeaseHeldError', exitCode: 3, message: expect.stringContaining('holds no lease') };
  const nomad = createNomadHttp({ fetch: guarded, address });
  await expect(nomad.ask('PUT', '/v1/acl/policy/x', z.unknown(), { body: {} })).rejects.toMatchObject(lost);
  await expect(
    createConsulAsk({ fetch: guarded, address })('PUT', '/v1/acl/policy', z.unknown()),
  ).rejects.toMatchObject(lost);
  const asked: string[] = [];
  const waiting = waitFor({
    describe: 'a leader',
    deadlineMs: 600_000,
    clock: createVirtualClock(),
    random: seededRandom(1),
    signal: new AbortController().signal,
    progress: () => undefined,
    probe: () =>
      askInTurn([targetOf(1), targetOf(2)], async ({ name }) => {
        asked.push(name);
        return nomad.ask('PUT', '/v1/acl/bootstrap', z.unknown());
      }).then((value) => ({ done: true, value })),
  });
  await expect(waiting).rejects.toMatchObject(lost);
  expect(asked).toHaveLength(1);
});
