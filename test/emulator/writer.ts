import { openLocalWorld } from '../../src/emulator/local.ts';

/* A process of its own: makes so many placement groups in the world of a directory, sleeping now and then. */
// So that a limit on the size of files is an error of the write, not the end of the process.
process.on('SIGXFSZ', () => undefined);
const [, , directory = '', name = '', count = '0'] = process.argv;
const world = await openLocalWorld({ directory, env: {} });
for (let n = 0; n < Number(count); n += 1) {
  const request = new Request(`${world.endpoint}/placement_groups`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${world.token}` },
    body: JSON.stringify({ name: `${name}-${n}`, type: 'spread' }),
  });
  const response = await world.fetch(request);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  if (n % 5 === 0) await world.clock.sleep(1_000);
}
await world.close();
