import { deliveredFiles } from '../../../src/cluster/delivery.ts';
import { createCatalogAccess } from '../../../src/consul/access.ts';
import type { ClusterKeys } from '../../../src/domain/cluster-keys.ts';
import type { Secret } from '../../../src/domain/secret.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { systemRandom } from '../../../src/local/random.ts';
import { createSchedulerAccess } from '../../../src/nomad/access.ts';
import { createNomad } from '../../../src/nomad/scheduler.ts';
import type { DeliveredFile } from '../../../src/ports/machines.ts';
import { createStage, ipOf, keys, targetOf, userDataFor } from '../../support/machines.ts';

/*
 * Simulated machines with access control, certificates and keys, and our adapters with one environment's keys, without
 * the operations that would do all of it by themselves.
 */
const given = { clock: systemClock, random: systemRandom };

export const filesFor = (n: number, of = keys): Promise<readonly DeliveredFile[]> =>
  deliveredFiles(of, { ...targetOf(n), datacenter: 'production' }, given);

export type Secured = Awaited<ReturnType<typeof securedStage>>;

/** Servers 1 to `count`, ordered and reachable, still without their keys. */
export const securedStage = async (count: number) => {
  const stage = await createStage();
  const ids = await Promise.all(
    [...Array(count).keys()].map((index) => stage.serve(index + 1, count, userDataFor(index + 1, count))),
  );
  /** Looks every second, for at most five minutes of the machines' time. */
  const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    let last: unknown;
    for (let tries = 0; tries < 300; tries += 1) {
      try {
        if (await look()) return;
      } catch (error) {
        last = error;
      }
      await stage.sleep(1_000);
    }
    throw new Error(`no ${what} within 5 min`, { cause: last });
  };
  const through = (n: number, port: number) => ({
    fetch: stage.machines.fetchThrough(targetOf(n), { ca: keys.ca.certificate }),
    address: `https://${ipOf(n)}:${port}`,
  });
  const secured = {
    ...stage,
    ids,
    until,
    deliver: async (n: number, of: ClusterKeys = keys): Promise<void> => {
      await until('way in', async () => (await stage.machines.bootStatus(targetOf(n))).stage !== 'unreachable');
      await stage.machines.deliver(targetOf(n), await filesFor(n, of));
    },
    catalogAccess: (n = 1) => createCatalogAccess({ ...through(n, 8501), token: keys.consul.management }),
    schedulerAccess: (n = 1) => createSchedulerAccess({ ...through(n, 4646), token: keys.nomad.management }),
    scheduler: (token: Secret, n = 1) => createNomad({ ...through(n, 4646), token }),
    /** What Consul or Nomad say to a request with this token. */
    said: async (n: number, port: 8501 | 4646, path: string, token: Secret | null): Promise<[number, string]> => {
      const header = port === 8501 ? 'x-consul-token' : 'x-nomad-token';
      const headers = token === null ? {} : { [header]: token.reveal() };
      const reply = await stage.ask(n, port, path, { headers });
      return [reply.status, await reply.text()];
    },
    /** Everything that our operations do until Nomad answers; the deployer's token. */
    setUp: async (): Promise<Secret> => {
      for (let n = 1; n <= count; n += 1) await secured.deliver(n);
      await until(
        'leader of Consul',
        async () => (await secured.said(1, 8501, '/v1/status/leader', null))[1].length > 2,
      );
      await secured.catalogAccess().bootstrap(keys.consul.management);
      await secured.catalogAccess().tokens(keys.consul);
      await until('leader of Nomad', async () => (await secured.said(1, 4646, '/v1/status/leader', null))[0] === 200);
      await secured.schedulerAccess().bootstrap(keys.nomad.management);
      return secured.schedulerAccess().deployer(null);
    },
  };
  return secured;
};
