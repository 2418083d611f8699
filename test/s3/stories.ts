import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { S3Place } from '../../src/s3/place.ts';
import { storeAt } from './places.ts';
import { openProject, type Project } from './project.ts';

/** What the whole command does with a bucket, as processes: the same against a model and against real servers. */
export const livesInBucket = (whereOf: () => S3Place): void => {
  let project: Project | undefined;
  let prefix = '';
  const begin = async (): Promise<Project> => {
    prefix = randomUUID();
    project = await openProject();
    await project.useBucket({ ...whereOf(), prefix });
    const set = await project.run('secrets set production DATABASE_URL', { input: 'postgres://of-a-test' });
    expect(set, set.stderr).toMatchObject({ code: 0 });
    return project;
  };
  afterEach(async () => {
    await project?.stop();
    project = undefined;
  });

  test('production comes about, a second run finds nothing to do, and no secret lies in the bucket', async () => {
    const { run, servers } = await begin();
    const first = await run('production --yes');
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(await servers()).toHaveLength(3);
    expect(await run('check production')).toMatchObject({ code: 0 });
    expect(await run('production --yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('no changes') });
    const store = storeAt({ ...whereOf(), prefix });
    const keys = await store.list();
    for (const key of ['production.json', 'production.keys.json', 'production.lease.json']) expect(keys).toContain(key);
    const texts = await Promise.all(keys.map(async (key) => (await store.get(key))?.text));
    expect(texts.join('')).not.toMatch(/of-a-test|PRIVATE KEY/);
    const state = JSON.parse((await store.get('production.json'))?.text ?? '');
    expect(state.store).toMatchObject({ createIfAbsent: true, replaceIfMatch: true });
    expect(await run('state history production')).toMatchObject({ code: 0 });
  }, 120_000);

  test('of two pipelines at once one converges; the other says who is at work, or waits and finds nothing to do', async () => {
    const { run, servers } = await begin();
    const store = storeAt({ ...whereOf(), prefix });
    const before = (await store.get('production.lease.json'))?.etag;
    const first = run('production --yes');
    await expect
      .poll(async () => (await store.get('production.lease.json'))?.etag, { timeout: 30_000 })
      .not.toBe(before);
    const [holder, refused, waiting] = await Promise.all([
      first,
      run('production --yes'),
      run('production --yes --wait 100s'),
    ]);
    expect(holder, holder.stderr).toMatchObject({ code: 0 });
    expect(refused, refused.stderr).toMatchObject({ code: 3, stderr: expect.stringMatching(/next: .*--wait/) });
    expect(waiting, waiting.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('no changes') });
    expect(await servers()).toHaveLength(3);
  }, 180_000);
};
