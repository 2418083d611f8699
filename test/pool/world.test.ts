import { expect, test } from 'vitest';
import { inPool } from './kit.ts';

const wanted = (pullRequest: number, redeploy = false) => ({
  pullRequest,
  images: null,
  redeploy,
  stillWanted: async () => null,
});

test('a second preview costs no server, a third one more; both are found by their namespaces', async () => {
  const pool = await inPool('    pool: { per_server: 2, max_servers: 3 }\n');
  expect(await pool.world.deploy(wanted(1))).toMatchObject({ result: 'deployed', url: 'http://pr-1.pr.aipacto.com' });
  expect(await pool.world.deploy(wanted(2))).toMatchObject({ result: 'deployed' });
  expect(await pool.servers()).toEqual(['aipacto-pool-1']);
  expect(await pool.world.deploy(wanted(3))).toMatchObject({ result: 'deployed' });
  expect(await pool.servers()).toEqual(['aipacto-pool-1', 'aipacto-pool-worker-1']);

  const { complete, previews } = await pool.world.existing();
  expect(complete).toBe(true);
  expect(previews.map(({ environment, createdAt }) => [environment, createdAt])).toEqual([
    ['pr-1', null],
    ['pr-2', null],
    ['pr-3', null],
  ]);
});

test('a redeploy asks Hetzner twice', async () => {
  const pool = await inPool();
  await pool.world.deploy(wanted(1));
  const next = await pool.anew();
  pool.lab.requests();
  expect(await next.deploy(wanted(1, true))).toMatchObject({ result: 'deployed' });
  expect(pool.lab.requests()).toEqual(['GET /servers?per_page=50&sort=id%3Aasc&page=1', 'GET /pricing']);
});

test('idle: its jobs stop, namespace and place stay, and a deploy starts them', async () => {
  const pool = await inPool();
  await pool.world.deploy(wanted(1));
  expect(await pool.visit('pr-1.pr.aipacto.com', '/api/health')).toBe(200);
  expect(await pool.world.stop(1)).toEqual({ result: 'destroyed' });
  expect(await pool.visit('pr-1.pr.aipacto.com', '/api/health')).toBe(503);
  expect((await pool.world.existing()).previews.map(({ environment }) => environment)).toEqual(['pr-1']);
  expect(await pool.world.places()).toHaveLength(1);
  expect(await pool.world.deploy(wanted(1))).toMatchObject({ result: 'deployed' });
  expect(await pool.visit('pr-1.pr.aipacto.com', '/api/health')).toBe(200);
});

test('nobody is left: fresh disks, then the workers go with their paid hour, and the last server with its own', async () => {
  const pool = await inPool('    pool: { per_server: 1, max_servers: 2 }\n');
  await pool.world.deploy(wanted(1));
  await pool.world.deploy(wanted(2));
  expect(await pool.servers()).toHaveLength(2);
  expect(await pool.world.tidy()).toEqual([]);

  await pool.world.destroy(1);
  await pool.world.destroy(2);
  expect(await pool.world.places()).toEqual([]);
  expect(await pool.world.tidy()).toEqual(['aipacto-pool-worker-1 has a fresh disk for whoever comes next']);
  expect(await pool.world.tidy()).toEqual([]);

  await pool.untilMinute('aipacto-pool-worker-1', 50);
  const lines = [...(await pool.world.tidy())];
  await pool.untilMinute('aipacto-pool-1', 50);
  lines.push(...(await pool.world.tidy()));
  expect(lines).toContain('the pool was removed: no preview is left on it');
  expect(await pool.servers()).toEqual([]);
  expect(await pool.world.tidy()).toEqual([]);
});

test('five at once for four places and two servers: four are there, one is told who has the places, and a sweep orders the second server', async () => {
  const pool = await inPool('    pool: { per_server: 2, max_servers: 2 }\n', 4);
  const worlds = await Promise.all([1, 2, 3, 4, 5].map(() => pool.anew()));
  const ends = await Promise.all(worlds.map((world, at) => world.deploy(wanted(at + 1))));
  expect(ends.map(({ result }) => result).sort()).toEqual(['blocked', 'deployed', 'deployed', 'deployed', 'deployed']);
  const refused = ends.find((end) => end.result === 'blocked');
  expect(refused?.result === 'blocked' && refused.holders).toHaveLength(4);
  expect((await pool.world.existing()).previews).toHaveLength(4);
  expect(await pool.world.tidy()).toEqual(['the pool has as many servers as its previews need']);
  expect(await pool.servers()).toEqual(['aipacto-pool-1', 'aipacto-pool-worker-1']);
  expect(await pool.world.tidy()).toEqual([]);
});
