import { expect, test } from 'vitest';
import { createLab } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';

test('two environments that need the zone at once: one makes it, the other finds it; nobody makes it twice', async () => {
  const store = createMemoryStore();
  const first = createLab({ store });
  const second = createLab({ store, over: first.emulator, seed: 8 });
  const ran = await Promise.all([first.run('production --yes'), second.run('staging --yes')]);
  const held = ran.filter(({ exitCode }) => exitCode === 3);
  expect(ran.map(({ exitCode }) => exitCode).filter((code) => code !== 0 && code !== 3)).toEqual([]);
  for (const { stderr } of held) expect(stderr).toContain('shared is being changed by');
  for (const command of ['production --yes', 'staging --yes']) expect((await first.run(command)).exitCode).toBe(0);
  const { zones } = await first.api('GET', '/zones');
  expect(zones.map((zone: { name: string }) => zone.name)).toEqual(['aipacto.com']);
});

test('a zone that another environment made in the same moment is taken as it is', async () => {
  const store = createMemoryStore();
  let made = false;
  const lab = createLab({
    store,
    wrap: (inner) => async (request) => {
      if (request.method === 'POST' && request.url.endsWith('/zones') && !made) {
        made = true;
        const body = (await request.clone().json()) as { labels: Record<string, string> };
        await lab.api('POST', '/zones', { ...body, labels: { ...body.labels, run: 'another' } });
      }
      return inner(request);
    },
  });
  const { exitCode, stderr } = await lab.run('production --yes');
  expect({ exitCode, made, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, made: true, stderr: '' });
});
