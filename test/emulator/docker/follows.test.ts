import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorldFile } from '../../../src/emulator/local.ts';
import type { MachineModels } from '../../../src/emulator/machines/types.ts';
import { createWallClock } from '../../../src/emulator/wall-clock.ts';
import type { World } from '../../../src/emulator/world.ts';
import { LocalWorldError } from '../../../src/emulator/world-file.ts';

/*
 * A world whose machines are more than rows: they follow it within each transaction. Here they are a note of the rows
 * they were told of, and fail as told.
 */
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'follows-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = async () => {
  const book = { failing: false, followed: [] as string[], behind: false, trouble: [] as string[] };
  const machines = (world: World): MachineModels => ({
    kind: 'docker',
    handle: async () => new Response(null),
    boot: () => ({ stage: 'unreachable' }),
    targetHealth: () => 'unknown',
    sync: async () => {
      book.behind = false;
      if (book.failing) throw new LocalWorldError('the engine is gone', 'Start it');
      book.followed.push(
        world.servers
          .all()
          .map(({ name, status }) => `${name} ${status}`)
          .join(', '),
      );
    },
    look: async () => book.behind,
  });
  const { store, emulator } = await openWorldFile(
    join(directory, 'world.json'),
    { date: undefined, vatPercent: undefined },
    () => createWallClock(),
    {
      machines: ({ world }) => machines(world),
      pace: { scale: 1 / 400, shutdown: 0 },
      onTrouble: (error) => book.trouble.push(error.message),
      prepare: async (world) => {
        world.state.docker ??= { id: '1a2b3c4d', directory, range: '198.18.7.0/24' };
      },
    },
  );
  const api = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${emulator.token}` };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const reply = await store.fetch(new Request(`http://emulated.invalid/v1${path}`, { method, headers, ...sent }));
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  };
  const landed = async (action: number) => {
    for (const end = Date.now() + 5_000; Date.now() < end; await wait(5)) {
      const { body } = await api('GET', `/actions/${action}`);
      if (body.action?.status !== 'running') return body;
    }
    throw new Error(`action ${action} never landed`);
  };
  return { api, book, landed, world: emulator.world };
};
const server = { name: 'a', server_type: 'cx23', image: 'debian-12', location: 'nbg1' };

test('machines are made before the request that wanted them is answered, and before a landed action is shown', async () => {
  const { api, book, landed } = await open();
  const made = await api('POST', '/servers', server);
  expect(book.followed.at(-1)).toBe('a initializing');
  await landed(made.body.next_actions[0].id);
  expect(book.followed.at(-1)).toBe('a running');
  const times = book.followed.length;
  await api('GET', '/servers');
  expect(book.followed).toHaveLength(times);
});

test('a machine that ended by itself is found by the next look', async () => {
  const { api, book } = await open();
  await api('POST', '/networks', { name: 'n', ip_range: '10.0.0.0/16' });
  const times = book.followed.length;
  book.behind = true;
  expect((await api('GET', '/servers')).status).toBe(200);
  expect(book.followed).toHaveLength(times + 1);
});

test('what can not be made is refused in a sentence, and was never asked for', async () => {
  const { api, book } = await open();
  book.failing = true;
  expect(await api('POST', '/networks', { name: 'n', ip_range: '10.0.0.0/16' })).toEqual({
    status: 500,
    body: { error: { code: 'server_error', message: 'the engine is gone. Start it', details: null } },
  });
  book.failing = false;
  expect((await api('GET', '/networks')).body.networks).toEqual([]);
  expect((await api('POST', '/networks', { name: 'n', ip_range: '10.0.0.0/16' })).status).toBe(201);
});

test('whoever polls an action hears why it does not end, until it does', async () => {
  const { api, book, landed } = await open();
  const { body } = await api('POST', '/servers', server);
  book.failing = true;
  expect(await landed(body.action.id)).toMatchObject({ error: { code: 'server_error' } });
  book.failing = false;
  expect(await landed(body.action.id)).toMatchObject({ action: { status: 'success' } });
});

test('lists and deletions are answered even then: they are the way out', async () => {
  const { api, book, landed } = await open();
  const { body } = await api('POST', '/servers', server);
  await landed(body.next_actions[0].id);
  book.failing = true;
  book.behind = true;
  expect((await api('GET', '/servers')).status).toBe(200);
  const gone = await api('DELETE', `/servers/${body.server.id}`);
  expect(gone.status).toBe(200);
  expect(new Set(book.trouble)).toEqual(new Set(['the engine is gone. Start it']));
  book.failing = false;
  expect(await landed(gone.body.action.id)).toMatchObject({ action: { status: 'success' } });
  expect(book.followed.at(-1)).toBe('');
});

test("a server's public address is one of the world's own, and comes back when all others had their turn", async () => {
  const { api, landed, world } = await open();
  const addresses: string[] = [];
  for (const name of ['a', 'b']) {
    const { body } = await api('POST', '/servers', { ...server, name });
    addresses.push(body.server.public_net.ipv4.ip);
    await landed(body.next_actions[0].id);
  }
  expect(addresses).toEqual(['198.18.7.1', '198.18.7.2']);
  world.state.allotted.ipv4 = 252;
  await api('DELETE', `/servers/${world.servers.all()[0]?.id}`);
  for (const end = Date.now() + 5_000; world.primaryIps.size > 2 && Date.now() < end; await wait(5))
    await api('GET', '/primary_ips');
  const later: string[] = [];
  for (const name of ['c', 'd'])
    later.push((await api('POST', '/servers', { ...server, name })).body.server.public_net.ipv4.ip);
  expect(later).toEqual(['198.18.7.1', '198.18.7.3']);
});
