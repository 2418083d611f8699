import type { Secret } from '../../src/domain/secret.ts';
import type { PreviewWorld } from '../../src/ports/previews.ts';
import { createLab, type Lab } from '../support/lab.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';
import { poolConfig } from './config.ts';

export interface InPool {
  readonly lab: Lab;
  readonly world: PreviewWorld;
  /** As another process would open it. */
  anew(): Promise<PreviewWorld>;
  /** Names of all servers in the Hetzner project. */
  servers(): Promise<readonly string[]>;
  /** Status that a visitor of the pool gets. */
  visit(host: string, path: string): Promise<number>;
  /** Until so many minutes of the hour are over that began with the server's creation. */
  untilMinute(server: string, minute: number): Promise<void>;
}

/** Previews on shared servers above an emulated cloud in virtual time. */
export const inPool = async (pool = '', max = 15): Promise<InPool> => {
  const lab = createLab({ config: poolConfig(pool).replace('max: 15', `max: ${max}`) });
  const anew = async (): Promise<PreviewWorld> => {
    const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), (_secret: Secret) => undefined);
    return workspace.previews({
      command: 'reconcile event',
      signal: new AbortController().signal,
      kinds: 'needed',
      allowRunner: null,
    });
  };
  const all = async () => (await lab.api('GET', '/servers?per_page=50')).servers as { name: string; created: string }[];
  const { clock } = lab.emulator;
  return {
    lab,
    world: await anew(),
    anew,
    servers: async () => (await all()).map(({ name }) => name).sort(),
    visit: async (host, path) => {
      const request = new Request(`http://emulator.invalid/_emulator/machines/aipacto-pool-1/80${path}`, {
        headers: { authorization: `Bearer ${lab.emulator.token}`, host },
      });
      return (await lab.emulator.fetch(request)).status;
    },
    untilMinute: async (server, minute) => {
      const found = (await all()).find(({ name }) => name === server);
      if (found === undefined) return;
      const age = (clock.now() - Date.parse(found.created)) % 3_600_000;
      const wait = (minute * 60_000 - age + 3_600_000) % 3_600_000;
      clock.advance?.(wait);
    },
  };
};
