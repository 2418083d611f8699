import { machinesState } from '../../src/emulator/machines/state.ts';
import type { Machines } from '../../src/ports/machines.ts';
import type { Peers } from '../cluster/peers.ts';
import { createStage, nameOf, targetOf, userDataFor } from '../support/machines.ts';

/**
 * Three simulated servers in the place of three real ones, so that the scripts that recorded the real answers can ask
 * the models the same in the same order. They are booted as far as they come without keys.
 */
export const createModelPeers = async (): Promise<{ peers: Peers; sleep(ms: number): Promise<void> }> => {
  const stage = await createStage();
  const ids = await Promise.all([1, 2, 3].map((n) => stage.serve(n, 3, inProduction(n))));
  await stage.sleep(60_000);
  const sent: string[] = [];
  const fetchThrough: Machines['fetchThrough'] = (target) => (request) => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return stage.machines.fetchThrough(target)(request);
  };
  const numberOf = (name: string): number => [1, 2, 3].find((n) => nameOf(n) === name) ?? 0;
  return {
    sleep: stage.sleep,
    peers: {
      targets: [1, 2, 3].map(targetOf),
      sent,
      machines: {
        ...stage.machines,
        fetchThrough,
        deliver: async (target, files) => {
          await stage.machines.deliver(target, files);
          await stage.sleep(8_000);
          await stage.machines.bootStatus(target);
        },
      },
      kill: async (name) => {
        await stage.api('POST', `/v1/servers/${ids[numberOf(name) - 1]}/actions/poweroff`);
        await stage.sleep(5_000);
      },
      /** Real Nomad servers of the recording are started without the wait for their token, which is the unit's. */
      start: (name, unit) => {
        const [cluster] = Object.values(machinesState(stage.emulator.world.state).clusters);
        if (cluster !== undefined && unit === 'nomad') cluster.nomadSince[name] = stage.emulator.clock.now();
      },
      end: async () => undefined,
    },
  };
};

const inProduction = (n: number): string =>
  userDataFor(n, 3, (text) =>
    text
      .replace('      node_name', () => '      datacenter = "production"\n      node_name')
      .replace('      name = ', () => '      datacenter = "production"\n      name = '),
  );
