import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/domain/errors.ts';
import type { PreviewRecord } from '../../src/domain/preview.ts';
import type { PreviewWorld } from '../../src/ports/previews.ts';
import { createLab, type Lab } from '../support/lab.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';

/* Previews as the life cycle has them, above the whole product and an emulated cloud in virtual time. */
const previewsOf = async (lab: Lab, kinds: 'needed' | 'all' = 'needed'): Promise<PreviewWorld> => {
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  const signal = new AbortController().signal;
  return workspace.previews({ command: 'reconcile event', signal, kinds, allowRunner: null, waitMs: 0 });
};
const wanted = async (): Promise<null> => null;
const hetzner = (lab: Lab): string[] => lab.requests().filter((request) => !request.includes('_emulator'));
const deploy = (world: PreviewWorld, pullRequest: number, more: Partial<Parameters<PreviewWorld['deploy']>[0]> = {}) =>
  world.deploy({ pullRequest, images: null, redeploy: false, stillWanted: wanted, ...more });
const images = (tag: string) => ({ server: `acme/shop-server:${tag}`, web: `acme/shop-web:${tag}` });

describe('one preview, from nothing to nothing', () => {
  const lab = createLab();

  test('deployed: it exists, has a place, and a URL', async () => {
    const world = await previewsOf(lab);
    expect(await deploy(world, 7)).toMatchObject({ result: 'deployed', url: 'http://pr-7.pr.aipacto.com' });
    const { complete, previews } = await world.existing();
    expect(complete).toBe(true);
    expect(previews).toMatchObject([{ environment: 'pr-7', pullRequest: 7 }]);
    expect(previews[0]?.monthlyCents).toBeGreaterThan(100);
    expect((await world.places()).map(({ environment }) => environment)).toEqual(['pr-7']);
  });

  test('new images on what stands: at most 6 requests to Hetzner, the looks before and after it included', async () => {
    const world = await previewsOf(lab);
    lab.requests();
    await world.existing();
    expect(await deploy(world, 7, { images: images('b') })).toMatchObject({ result: 'deployed', images: images('b') });
    await world.existing();
    const asked = hetzner(lab);
    expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(6);
    expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([]);
    expect((await lab.run('check pr 7')).exitCode).toBe(0);
  });

  test('redeploy: jobs get a version of their own although nothing differs, and there is no drift afterwards', async () => {
    const world = await previewsOf(lab);
    const before = await versions(lab);
    expect(before).toHaveLength(2);
    lab.requests();
    expect(await deploy(world, 7, { images: images('b'), redeploy: true })).toMatchObject({ result: 'deployed' });
    expect(hetzner(lab).length).toBeLessThanOrEqual(6);
    expect(await versions(lab)).toEqual(before.map((version) => version + 1));
    expect((await lab.run('check pr 7')).exitCode).toBe(0);
  });

  test('a server that was deleted by hand is seen by the same look, and made again after a whole one', async () => {
    const [server] = (await lab.api('GET', '/servers')).servers;
    await lab.api('DELETE', `/servers/${server.id}`);
    await lab.emulator.clock.sleep(60_000);
    const world = await previewsOf(lab);
    expect(await deploy(world, 7)).toMatchObject({ result: 'deployed' });
    expect((await lab.api('GET', '/servers')).servers).toHaveLength(1);
    expect((await lab.run('check pr 7')).exitCode).toBe(0);
  });

  test('a record that was changed by hand is not left to the light look: it is mended, and the last look is a new one', async () => {
    const path = '/zones/aipacto.com/rrsets/pr-7.pr/A/actions/set_records';
    await lab.api('POST', path, { records: [{ value: '192.0.2.7' }] });
    await lab.emulator.clock.sleep(10_000);
    const world = await previewsOf(lab);
    await world.existing();
    lab.requests();
    expect(await deploy(world, 7, { images: images('c') })).toMatchObject({ result: 'deployed', images: images('c') });
    expect(hetzner(lab).filter((request) => request.startsWith('GET /zones?'))).toHaveLength(2);
    expect((await lab.run('check pr 7')).exitCode).toBe(0);
  });

  test('status in lines, and the end of what its jobs wrote', async () => {
    const world = await previewsOf(lab);
    expect(await world.status(7)).toContainEqual(
      expect.stringMatching(/^servers aipacto-pr-7-1: ok, running, cx23 in nbg1/),
    );
    expect(await world.logs(7, 'web', 20)).toEqual([{ job: 'web', text: '' }]);
    await expect(world.logs(7, '../etc', 20)).rejects.toThrow('pr-7 has no such job; its jobs are server, web');
    await expect(world.logs(8, null, 20)).rejects.toThrow('nothing of pr-8 runs that could be asked');
  });

  test('destroyed: nothing is left, the place is free, and once more there is nothing to destroy', async () => {
    const world = await previewsOf(lab, 'all');
    expect(await world.destroy(7)).toEqual({ result: 'destroyed' });
    expect(await world.existing()).toEqual({ complete: true, previews: [] });
    expect(await world.places()).toEqual([]);
    expect(await world.destroy(7)).toEqual({ result: 'absent' });
    expect(await world.destroy(12)).toEqual({ result: 'absent' });
  });
});

/** Of its jobs, as Nomad counts them. */
const versions = async (lab: Lab): Promise<number[]> => {
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  const session = await workspace.session({ type: 'pr', pullRequest: 7 });
  const { cluster } = (await session.plan({ intent: 'converge' })).observation;
  return cluster?.reachable ? cluster.jobs.map(({ version }) => version) : [];
};

/** As a run leaves it that is killed between taking the place and its first create. */
const keepPlace = async (lab: Lab, environment: string): Promise<void> => {
  const key = 'shared.json';
  const found = await lab.store.get(key);
  if (found === undefined) throw new Error('nothing is shared yet');
  const shared = JSON.parse(found.text);
  const place = { run: 'run-1', holder: 'ci@runner', at: '2026-11-24T10:00:00.000Z' };
  shared.places = { ...shared.places, [environment]: place };
  await lab.store.putIfMatch(key, JSON.stringify(shared), found.etag);
};

describe('what keeps one from coming about is a result', () => {
  test('not wanted any more, as is found out once the place was taken: nothing is made, and the place is free', async () => {
    const lab = createLab();
    const world = await previewsOf(lab);
    const seen: string[] = [];
    const stillWanted = async (): Promise<string> => {
      seen.push(...(await world.places()).map(({ environment }) => environment));
      return 'pull request 7 was closed';
    };
    expect(await deploy(world, 7, { stillWanted })).toEqual({
      result: 'withdrawn',
      because: 'pull request 7 was closed',
    });
    expect(seen).toEqual(['pr-7']);
    expect(await world.places()).toEqual([]);
    expect(await world.existing()).toEqual({ complete: true, previews: [] });
    expect(lab.requests().filter((request) => !request.startsWith('GET '))).toEqual([]);
  });

  test('not wanted any more, and something stands: it keeps its place', async () => {
    const lab = createLab();
    const world = await previewsOf(lab);
    await deploy(world, 7);
    const stillWanted = async (): Promise<string> => 'the head commit is another one';
    expect(await deploy(world, 7, { images: images('c'), stillWanted })).toMatchObject({ result: 'withdrawn' });
    expect(await world.places()).toMatchObject([{ environment: 'pr-7' }]);
  });

  test('nobody could say whether it is wanted: failed, and the place is free', async () => {
    const lab = createLab();
    const world = await previewsOf(lab);
    const stillWanted = async (): Promise<never> => {
      throw new Failure('GitHub did not answer', { next: 'look at githubstatus.com' });
    };
    expect(await deploy(world, 7, { stillWanted })).toEqual({
      result: 'failed',
      message: 'GitHub did not answer; next: look at githubstatus.com',
    });
    expect(await world.places()).toEqual([]);
  });

  test('no place: blocked, with who has them; a place without environment is freed by a destroy', async () => {
    const lab = createLab({ env: { MAX_PR_ENVIRONMENTS: '1' } });
    const world = await previewsOf(lab);
    await deploy(world, 3);
    const refused = await deploy(world, 7);
    expect(refused).toMatchObject({ result: 'blocked', holders: ['pr-3'] });
    expect(refused).toHaveProperty('message', expect.stringContaining('the one place'));
    expect(await world.destroy(3)).toEqual({ result: 'destroyed' });
    await keepPlace(lab, 'pr-4');
    expect(await deploy(world, 7)).toMatchObject({ result: 'deployed' });
    expect((await world.places()).map(({ environment }) => environment)).toEqual(['pr-7']);
    await keepPlace(lab, 'pr-4');
    expect(await world.destroy(4)).toEqual({ result: 'absent' });
    expect((await world.places()).map(({ environment }) => environment)).toEqual(['pr-7']);
  });

  test('another run is at it: held, in a sentence', async () => {
    const lab = createLab();
    const world = await previewsOf(lab);
    const other = await previewsOf(lab);
    const inner: unknown[] = [];
    await deploy(world, 7, {
      stillWanted: async () => {
        inner.push(await deploy(other, 7), await other.destroy(7));
        return null;
      },
    });
    expect(inner).toMatchObject([{ result: 'held' }, { result: 'held' }]);
    expect(JSON.stringify(inner)).toContain('pr-7 is being changed by tester@lab');
  });

  test('a job that never gets healthy: failed, with the reason and what to do, and no stack trace', async () => {
    const lab = createLab();
    const world = await previewsOf(lab);
    const failed = await deploy(world, 7, { images: { web: 'acme/crashes:1' } });
    expect(failed).toMatchObject({ result: 'failed' });
    expect(failed).toHaveProperty('message', expect.stringMatching(/^submit job\/web: .*next: reconcile pr 7$/s));
  });
});

describe('records', () => {
  const record: PreviewRecord = { author: 'alice', activityAt: '2026-11-24T10:00:00Z' };

  test('each is changed by itself, whoever writes beside, and outlives its preview', async () => {
    const lab = createLab();
    const world = await previewsOf(lab);
    await deploy(world, 7);
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    await Promise.all(numbers.map((number) => world.record(`pr-${number}`, () => record)));
    expect(Object.keys(await world.records())).toHaveLength(8);
    expect(await world.record('pr-7', (before) => before && { ...before, comment: 5 })).toEqual({
      ...record,
      comment: 5,
    });
    await world.destroy(7);
    expect((await world.records())['pr-7']).toEqual({ ...record, comment: 5 });
    expect(await world.record('pr-7', () => undefined)).toBeUndefined();
    expect(Object.keys(await world.records())).toHaveLength(7);
  });
});
