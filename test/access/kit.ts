import { resolve } from 'node:path';
import { loadAssets } from '../../src/compose/assets.ts';
import { buildContext } from '../../src/compose/build.ts';
import type { Context } from '../../src/compose/context.ts';
import { expireAccess } from '../../src/compose/runner-access.ts';
import { loadProject } from '../../src/config/project.ts';
import { Secret } from '../../src/domain/secret.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Fetch } from '../../src/ports/machines.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { storeBehind } from '../support/guarded-store.ts';
import { type Document, type Lab, shippedConfig } from '../support/lab.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';

/** infra.yaml with these lines where the rule for SSH was; '' lets nobody in at port 22. */
export const withSshRule = (lines: string): string =>
  shippedConfig.replace(/ {4}- \{ direction: in, protocol: tcp, port: "22".*\n/, lines);
export const closed = withSshRule('');
export const officeOnly = withSshRule(
  '    - { protocol: tcp, port: 22, ips: [198.51.100.0/24], description: office }\n',
);

export const firewallsOf = async (lab: Lab): Promise<string[]> =>
  (await lab.api('GET', '/firewalls')).firewalls.map(({ name }: Document) => name.replace(/access-.*/, 'access'));

/** Another process on the same cloud and states, as `sweep` sees them. */
export const contextOn = (lab: Lab, store: ObjectStore = lab.store): Promise<Context> =>
  buildContext({
    config: loadProject({ text: lab.config, file: 'infra.yaml', env: {} }),
    assets: loadAssets(resolve(import.meta.dirname, '../../infra.yaml')),
    access: {
      fetch: (request) => lab.emulator.fetch(request),
      clock: lab.emulator.clock,
      endpoint: 'http://emulator.invalid/v1',
      token: new Secret(lab.emulator.token),
      description: 'emulated cloud',
      machines: 'gateway',
    },
    store,
    sealer: plainSealer,
    recovery: createMemoryRecovery(),
    random: seededRandom(99),
    reporter: createRecordingReporter(lab.emulator.clock),
    version: '0.0.0',
    holder: { host: 'sweeper', pid: process.pid, user: 'cron' },
    onSecret: () => undefined,
    env: {},
  });

export const sweep = async (lab: Lab, store?: ObjectStore): Promise<readonly string[]> =>
  expireAccess(await contextOn(lab, store));

class Killed extends Error {}
export type Blow = 'killed before the request' | 'killed after it was carried out' | 'the reply is lost';

/** Breaks at the nth writing request to Hetzner. A killed process does nothing any more, and gives no lease back. */
export const fuseAt = (nth: number, blow: Blow) => {
  let writes = 0;
  let dead = false;
  const fuse = {
    at: undefined as string | undefined,
    alive: () => {
      if (dead) throw new Killed('killed');
    },
    wrap:
      (inner: Fetch): Fetch =>
      async (request) => {
        fuse.alive();
        if (request.method === 'GET' || request.url.includes('_emulator')) return inner(request);
        writes += 1;
        if (writes !== nth) return inner(request);
        fuse.at = `${request.method} ${new URL(request.url).pathname.replaceAll(/\d{4,}/g, 'N')}`;
        if (blow !== 'killed before the request') await inner(request);
        if (blow === 'the reply is lost')
          throw Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
        dead = true;
        throw new Killed('killed');
      },
    store: (inner: ObjectStore): ObjectStore => storeBehind(inner, fuse.alive),
  };
  return fuse;
};
