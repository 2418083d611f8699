import { expect, test } from 'vitest';
import type { Fault } from '../../src/emulator/faults.ts';
import { createProject, type Project, serverBody } from '../contract/project.ts';

const groupNames = async (project: Project): Promise<string[]> =>
  (await project.ok('GET /placement_groups')).placement_groups.map((group: { name: string }) => group.name);
const make = { name: 'g', type: 'spread' };

test('refused before the commit: nothing was done', async () => {
  const fault: Fault = { kind: 'refuse', code: 'conflict' };
  const project = createProject({ faults: [{ method: 'POST', path: '/placement_groups', fault }] });
  expect(await project.refusal('POST /placement_groups', make)).toBe('409 conflict: conflict');
  expect(await groupNames(project)).toEqual([]);
  await project.ok('POST /placement_groups', make);
});

test('a reply lost after the commit: the caller gets a network error, the thing is there', async () => {
  const project = createProject({ faults: [{ method: 'POST', fault: { kind: 'lost-reply' } }] });
  const lost = await project.ask('POST /placement_groups', make).catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(TypeError);
  expect(lost).toMatchObject({ message: 'fetch failed', cause: { code: 'UND_ERR_SOCKET' } });
  expect(await groupNames(project)).toEqual(['g']);
  expect(project.emulator.requests.map((one) => one.status)).toEqual([0, 200]);
});

test('unreachable: the same error, and nothing is there', async () => {
  const project = createProject({ faults: [{ method: 'POST', fault: { kind: 'unreachable' } }] });
  await expect(project.ask('POST /placement_groups', make)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  expect(await groupNames(project)).toEqual([]);
});

test('a 502 of a proxy is no JSON', async () => {
  const project = createProject({ faults: [{ fault: { kind: 'http', status: 502 } }] });
  const { status, headers, body } = await project.ask('GET /servers');
  expect([status, headers.get('content-type'), body]).toEqual([502, 'text/html', 'Bad Gateway']);
});

test('delayed: virtual time goes by, then it is done as usual', async () => {
  const project = createProject({ faults: [{ fault: { kind: 'delay', ms: 30_000 } }] });
  const before = project.emulator.clock.now();
  await project.ok('POST /placement_groups', make);
  expect(project.emulator.clock.now() - before).toBe(30_000);
});

test('a partial page lacks rows that its total counts; a cut reply ends in the middle', async () => {
  const project = createProject({
    faults: [
      { method: 'GET', fault: { kind: 'partial-page' } },
      { method: 'GET', nth: 2, fault: { kind: 'cut-reply' } },
    ],
  });
  for (const name of ['a', 'b', 'c', 'd']) await project.ok('POST /placement_groups', { name, type: 'spread' });
  const partial = await project.ok('GET /placement_groups');
  expect([partial.placement_groups.length, partial.meta.pagination.total_entries]).toEqual([2, 4]);
  const cut = await project.ask('GET /placement_groups');
  expect(cut.status).toBe(200);
  expect(() => JSON.parse(cut.body)).toThrow();
});

test('placed by count: the second match, and from there as often as told', async () => {
  const fault: Fault = { kind: 'refuse', code: 'unavailable' };
  const project = createProject({ faults: [{ path: '/servers*', nth: 2, times: 2, fault }] });
  const statuses: number[] = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await project.ask('GET /servers')).status);
  expect(statuses).toEqual([200, 503, 503, 200, 200]);
});

test('drawn from a seed: the same seed meets the same faults, another seed others', async () => {
  const run = async (seed: number): Promise<number[]> => {
    const faults: Fault[] = [
      { kind: 'refuse', code: 'conflict' },
      { kind: 'http', status: 502 },
    ];
    const project = createProject({ drawnFaults: { seed, rate: 0.3, faults } });
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) statuses.push((await project.ask('GET /servers')).status);
    return statuses;
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one.filter((status) => status !== 200).length).toBeGreaterThan(5);
});

test('faults are added, listed and cleared while it runs', async () => {
  const project = createProject();
  const rule = { method: 'POST', path: '/servers', fault: { kind: 'refuse', code: 'resource_unavailable' } };
  await project.ok('POST /_emulator/faults', rule);
  expect((await project.ok('GET /_emulator/faults')).faults).toEqual([rule]);
  await project.ok('DELETE /_emulator/faults');
  await project.ok('POST /servers', serverBody('one'));
});
