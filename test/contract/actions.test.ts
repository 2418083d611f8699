import { expect, test } from 'vitest';
import { aNetwork, aServer, createProject, serverBody } from './project.ts';

test('a mutation answers with a running action; its effect lands when the action ends, and not before', async () => {
  const project = createProject();
  const id = await aServer(project, 'one', { start_after_create: false });
  const { action } = await project.ok(`POST /servers/${id}/actions/poweron`);
  expect(action).toEqual({
    id: action.id,
    command: 'start_server',
    status: 'running',
    progress: 0,
    started: action.started,
    finished: null,
    resources: [{ id, type: 'server' }],
    error: null,
  });
  await project.wait(2_000);
  const half = await project.ok(`GET /actions/${action.id}`);
  expect(half.action).toMatchObject({ status: 'running', progress: 50, error: null });
  expect((await project.ok(`GET /servers/${id}`)).server).toMatchObject({ status: 'starting', locked: true });
  await project.wait(2_000);
  const end = await project.ok(`GET /actions/${action.id}`);
  expect(end.action).toMatchObject({ status: 'success', progress: 100, error: null });
  expect(Date.parse(end.action.finished) - Date.parse(end.action.started)).toBe(4_000);
  expect((await project.ok(`GET /servers/${id}`)).server).toMatchObject({ status: 'running', locked: false });
});

test('next_actions begin when their predecessor has ended: the whole chain from one request', async () => {
  const project = createProject();
  const { server, action, next_actions } = await project.ok('POST /servers', serverBody('one'));
  expect(next_actions.map((next: { command: string }) => next.command)).toEqual(['start_server']);
  const seen: string[] = [];
  for (let second = 0; second <= 12; second += 1) {
    const { actions } = await project.ok(`GET /actions?id=${action.id}&id=${next_actions[0].id}&sort=id`);
    const { status } = (await project.ok(`GET /servers/${server.id}`)).server;
    const line = [...actions.map((one: { status: string }) => one.status), status].join(' ');
    if (seen.at(-1) !== line) seen.push(line);
    await project.wait(1_000);
  }
  expect(seen).toEqual(['running running initializing', 'success running starting', 'success success running']);
});

test('meanwhile the server answers `locked` to every other mutation, and takes it afterwards', async () => {
  const project = createProject();
  const { server } = await project.ok('POST /servers', serverBody('one'));
  const locked = '423 locked: cannot perform operation because server is locked';
  expect(await project.refusal(`POST /servers/${server.id}/actions/poweroff`)).toBe(locked);
  expect(await project.refusal(`DELETE /servers/${server.id}`)).toBe(locked);
  await project.ok(`PUT /servers/${server.id}`, { labels: { a: 'b' } });
  await project.settled();
  await project.ok(`POST /servers/${server.id}/actions/poweroff`);
});

test('other kinds answer `conflict` meanwhile', async () => {
  const project = createProject();
  const network = await aNetwork(project);
  const subnet = { type: 'cloud', network_zone: 'eu-central' };
  await project.ok(`POST /networks/${network}/actions/add_subnet`, subnet);
  expect(await project.refusal(`POST /networks/${network}/actions/add_subnet`, subnet)).toMatch(/^409 conflict/);
  await project.settled();
  await project.ok(`POST /networks/${network}/actions/add_subnet`, subnet);
});

test('GET /actions needs ids, answers without meta, leaves unknown ids out, and takes 25 at once', async () => {
  const project = createProject();
  expect(await project.refusal('GET /actions')).toMatch(/^422 invalid_input: .*\(id\)$/);
  const ids: number[] = [];
  for (let n = 0; n < 30; n += 1) ids.push((await project.ok('POST /servers', serverBody(`s-${n}`))).action.id);
  const body = await project.ok(
    `GET /actions?${ids.map((id) => `id=${id}`).join('&')}&id=1&sort=status&sort=id&page=1`,
  );
  expect(Object.keys(body)).toEqual(['actions']);
  expect(body.actions.map((action: { id: number }) => action.id)).toEqual(ids);
});

test('actions are listed per object, per kind, and alone; of another kind they are not found', async () => {
  const project = createProject();
  const network = await aNetwork(project);
  const one = await aServer(project, 'one', { networks: [network] });
  await aServer(project, 'two');
  const commands = async (path: string) =>
    (await project.ok(`GET ${path}`)).actions.map((action: { command: string }) => action.command);
  expect(await commands(`/servers/${one}/actions`)).toEqual(['create_server', 'start_server']);
  expect(await commands('/servers/actions?sort=command')).toEqual([
    'create_server',
    'create_server',
    'start_server',
    'start_server',
  ]);
  expect(await commands('/servers/actions?status=running')).toEqual([]);
  expect(await commands('/networks/actions')).toEqual([]);
  const { actions } = await project.ok(`GET /servers/${one}/actions`);
  await project.ok(`GET /servers/actions/${actions[0].id}`);
  await project.ok(`GET /servers/${one}/actions/${actions[0].id}`);
  expect(await project.refusal(`GET /networks/actions/${actions[0].id}`)).toMatch(/^404 not_found/);
});

test('an action can be made to end in error, with its followers, and its effect never lands', async () => {
  const project = createProject({
    faults: [{ command: 'create_server', fault: { kind: 'action-error', code: 'unknown_error', message: 'no luck' } }],
  });
  const { server, action, next_actions } = await project.ok('POST /servers', serverBody('one'));
  await project.wait(20_000);
  const { actions } = await project.ok(`GET /actions?id=${action.id}&id=${next_actions[0].id}`);
  expect(actions[0]).toMatchObject({
    status: 'error',
    progress: 100,
    error: { code: 'unknown_error', message: 'no luck' },
  });
  expect(actions[1]).toMatchObject({ status: 'error', error: { code: 'action_failed' } });
  expect((await project.ok(`GET /servers/${server.id}`)).server).toMatchObject({
    status: 'initializing',
    locked: false,
  });
});

test('an action can be made to never end: a day later it still runs and still locks', async () => {
  const project = createProject({ faults: [{ command: 'start_server', nth: 2, fault: { kind: 'action-never' } }] });
  await aServer(project, 'one');
  const { next_actions, server } = await project.ok('POST /servers', serverBody('two'));
  await project.wait(86_400_000);
  const { action } = await project.ok(`GET /actions/${next_actions[0].id}`);
  expect(action).toMatchObject({ status: 'running', progress: 99, finished: null });
  expect((await project.ok(`GET /servers/${server.id}`)).server.locked).toBe(true);
});
