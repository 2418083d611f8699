import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProject, type Project, serverBody } from '../contract/project.ts';

/*
 * Effects land lazily, when somebody looks. Whoever looks, and however often, must not matter: a world that is read
 * every second and one that nobody looked at for an hour are the same world.
 */
type Move = readonly [name: string, which: number, pause: number];
const moves = ['create', 'delete', 'poweroff', 'poweron', 'shutdown', 'attach', 'rebuild', 'subnet'] as const;
const move = fc.tuple(fc.constantFrom(...moves), fc.nat(3), fc.integer({ min: 0, max: 40 }));

const play = async (project: Project, script: readonly Move[], look: boolean): Promise<string[]> => {
  const said: string[] = [];
  const { clock } = project.emulator;
  const go = async (request: string, body?: unknown): Promise<void> => {
    const { status, body: answer } = await project.ask(request, body);
    said.push(`${request} ${status} ${answer.error?.code ?? ''}`);
  };
  const { network } = await project.ok('POST /networks', { name: 'net', ip_range: '10.0.0.0/16' });
  for (const [name, which, pause] of script) {
    const server = 1_000_001 + which;
    const subnet = { type: 'cloud', network_zone: 'eu-central' };
    if (name === 'create') await go('POST /servers', serverBody(`s-${which}`));
    else if (name === 'delete') await go(`DELETE /servers/${server}`);
    else if (name === 'subnet') await go(`POST /networks/${network.id}/actions/add_subnet`, subnet);
    else if (name === 'attach') await go(`POST /servers/${server}/actions/attach_to_network`, { network: network.id });
    else await go(`POST /servers/${server}/actions/${name}`, name === 'rebuild' ? { image: 'debian-12' } : undefined);
    for (let second = 0; second < pause; second += 1) {
      clock.advance?.(1_000);
      if (look) project.emulator.settle();
    }
  }
  clock.advance?.(3_600_000);
  project.emulator.settle();
  return said;
};

test('however often somebody looks, the same requests get the same answers and leave the same world', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 25 }), async (script) => {
      const [watched, unwatched] = [createProject(), createProject()];
      const said = await play(watched, script, true);
      expect(await play(unwatched, script, false)).toEqual(said);
      expect(unwatched.emulator.world.snapshot()).toEqual(watched.emulator.world.snapshot());
      expect(watched.emulator.world.state.pending).toEqual([]);
      const locked = watched.emulator.world.servers.all().filter((server) => server.locked);
      expect(locked).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('a world saved and loaded between any two requests goes on the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 12 }), async (script) => {
      const straight = createProject();
      const broken = createProject();
      const { fetch, world } = broken.emulator;
      const reloading = (request: Request): Promise<Response> => {
        world.restore(JSON.parse(JSON.stringify(world.snapshot())));
        return fetch(request);
      };
      Object.assign(broken.emulator, { fetch: reloading });
      const said = await play(straight, script, false);
      expect(await play(broken, script, false)).toEqual(said);
      expect(broken.emulator.world.snapshot()).toEqual(straight.emulator.world.snapshot());
    }),
    { numRuns: 40 },
  );
});
