import { expect, test } from 'vitest';
import { clusterOf, formedStage, nameOf, targetOf, userDataFor, webJob } from '../../support/machines.ts';

type Formed = Awaited<ReturnType<typeof formedStage>>;
const rebuild = (stage: Formed, n: number) =>
  stage.api('POST', `/v1/servers/${stage.ids[n - 1]}/actions/rebuild`, {
    image: 'debian-12',
    user_data: userDataFor(n, 3),
  });
const leaderNumber = async (stage: Formed): Promise<number> => {
  const leader = (await stage.nomad().leader()) ?? '';
  return [1, 2, 3].find((n) => leader.startsWith(`${targetOf(n).privateIp}:`)) ?? 0;
};
const voterNames = async (stage: Formed, n: number) => (await stage.nomad(n).voters()).names;

test('two of three voters never count as ready, however healthy autopilot calls itself', async () => {
  const stage = await formedStage(3);
  await stage.api('POST', `/v1/servers/${stage.ids[2]}/actions/poweroff`);
  await stage.sleep(5_000);
  await stage.operations.observe([targetOf(1)]);
  await stage.sleep(60_000);
  // The third was pruned: what is left is in order by itself.
  expect((await stage.ask(1, 4646, '/v1/operator/autopilot/health')).status).toBe(200);
  expect(await voterNames(stage, 1)).toEqual([nameOf(1), nameOf(2)]);
  await expect(stage.operations.awaitReady(clusterOf(3), stage.waiting)).rejects.toThrow(
    'Consul lacks the healthy voter aipacto-production-3; Nomad lacks the healthy voter aipacto-production-3; node aipacto-production-3 is down',
  );
});

test('a rebuilt server rejoins under its name as a new peer, and Nomad is told to forget its old node', async () => {
  const stage = await formedStage(3);
  const before = await stage.nomad().nodes();
  await rebuild(stage, 2);
  await stage.sleep(25_000);
  await expect(stage.operations.awaitReady({ ...clusterOf(3) }, once(stage))).rejects.toThrow('stop');
  await stage.operations.awaitBoot(targetOf(2), stage.waiting);
  await stage.operations.awaitReady(clusterOf(3), stage.waiting);
  expect(await voterNames(stage, 1)).toEqual([nameOf(1), nameOf(2), nameOf(3)]);
  const after = await stage.nomad().nodes();
  const ofSecond = after.filter((node) => node.name === nameOf(2));
  expect(ofSecond.map((node) => node.status)).toEqual(['ready']);
  expect(ofSecond[0]?.id).not.toBe(before.find((node) => node.name === nameOf(2))?.id);
});

/** Stops the wait at its first word: to look at what is missing right now. */
const once = (stage: Formed) => {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    progress: (detail: string): void => {
      stage.said.push(detail);
      stop.abort(new Error('stop'));
    },
  };
};

test('the leader is rebuilt: the others elect one of themselves within seconds, and jobs go on', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  const leader = await leaderNumber(stage);
  const [other = 0] = [1, 2, 3].filter((n) => n !== leader);
  await rebuild(stage, leader);
  await stage.sleep(1_000);
  expect(await stage.nomad(other).leader()).toBeNull();
  const refused = await stage.ask(other, 4646, '/v1/jobs');
  expect([refused.status, await refused.text()]).toEqual([500, 'No cluster leader']);
  await stage.sleep(5_000);
  expect(await stage.nomad(other).leader()).toMatch(/:4647$/);
  await stage.operations.awaitBoot(targetOf(leader), stage.waiting);
  await stage.operations.awaitReady(clusterOf(3), stage.waiting);
  expect(await stage.nomad(other).jobs()).toMatchObject([{ fingerprint: 'one', healthy: 2 }]);
});

test('a majority lost at once is not healed by rebuilding: there is no leader to let anyone in', async () => {
  const stage = await formedStage(3);
  await Promise.all([rebuild(stage, 2), rebuild(stage, 3)]);
  await stage.sleep(25_000);
  for (const n of [2, 3]) await stage.operations.awaitBoot(targetOf(n), stage.waiting);
  await stage.sleep(200_000);
  expect(await stage.nomad(1).leader()).toBeNull();
  expect(await stage.consul(2).leader()).toBeNull();
  // Without Consul nobody can tell that its token holds.
  await expect(stage.nomad(2).leader()).rejects.toThrow('connection refused on port 4646');
});

test('three rebuilt at once form a new cluster that knows no job', async () => {
  const stage = await formedStage(3);
  await stage.operations.submit(webJob('one'), stage.waiting);
  await Promise.all([rebuild(stage, 1), rebuild(stage, 2), rebuild(stage, 3)]);
  await stage.sleep(25_000);
  for (const n of [1, 2, 3]) await stage.operations.awaitBoot(targetOf(n), stage.waiting);
  await stage.operations.awaitReady(clusterOf(3), stage.waiting);
  expect(await stage.nomad().jobs()).toEqual([]);
});

test('a server that rebooted is the same peer and the same node', async () => {
  const stage = await formedStage(3);
  const before = await stage.nomad().nodes();
  await stage.api('POST', `/v1/servers/${stage.ids[2]}/actions/poweroff`);
  await stage.sleep(5_000);
  expect(await voterNames(stage, 1)).toEqual([nameOf(1), nameOf(2)]);
  await stage.api('POST', `/v1/servers/${stage.ids[2]}/actions/poweron`);
  await stage.operations.awaitReady(clusterOf(3), stage.waiting);
  expect((await stage.nomad().nodes()).map((node) => node.id)).toEqual(before.map((node) => node.id));
});

test('nobody left: observing says so, with every server’s own reason', async () => {
  const stage = await formedStage(1);
  await stage.api('POST', `/v1/servers/${stage.ids[0]}/actions/poweroff`);
  await stage.sleep(5_000);
  const observed = await stage.operations.observe([targetOf(1), targetOf(2)]);
  expect(observed.reachable).toBe(false);
  expect(observed).toMatchObject({
    because: expect.stringMatching(
      /aipacto-production-1: .*is not running.*; aipacto-production-2: .*there is no server/s,
    ),
  });
});

test('the server asked first is down: another answers for the cluster', async () => {
  const stage = await formedStage(3);
  await stage.api('POST', `/v1/servers/${stage.ids[0]}/actions/poweroff`);
  await stage.sleep(15_000);
  await stage.operations.observe([targetOf(1), targetOf(2), targetOf(3)]);
  await stage.sleep(15_000);
  const observed = await stage.operations.observe([targetOf(1), targetOf(2), targetOf(3)]);
  expect(observed).toMatchObject({ reachable: true, nomad: { voters: [nameOf(2), nameOf(3)] } });
});
