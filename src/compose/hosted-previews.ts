import { environmentFor } from '../config/environment.ts';
import { monthlyCents } from '../cost/cost.ts';
import { addressOf } from '../domain/address.ts';
import { type Environment, targetOfName } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { ObservedItem, PriceList } from '../domain/observation.ts';
import { workerNumber } from '../domain/pool.ts';
import { readState } from '../statefile/read.ts';
import { askHost, type HostAccess, letIn, previewsOn } from './ask-host.ts';
import type { Context } from './context.ts';
import { wholeHost } from './host.ts';
import { hostState } from './host-state.ts';
import type { Existing } from './preview-existing.ts';

/**
 * Previews on servers that they share, by their namespaces. Nobody to ask, or a list that did not come whole: incomplete,
 * and nothing may be concluded from absence. Where previews have servers of their own there are none, and nothing is
 * asked.
 */
export const hostedPreviews = async (
  context: Context,
  kinds: 'needed' | 'all',
  access: HostAccess,
): Promise<Existing> => {
  const { cloud, config } = context;
  const { host: on } = environmentFor(config, { type: 'pr', pullRequest: 1 });
  if (on === undefined) return { complete: true, previews: [] };
  const host = environmentFor(config, { type: on });
  try {
    const servers = await wholeHost(context, host.name);
    // Workers of a pool remember nothing: with its own server went the namespaces.
    if (servers.every(({ name }) => workerNumber(name) !== undefined)) return { complete: true, previews: [] };
    const state = await hostState(context, on);
    const look = () => askHost(context, host, { state, servers }, (connection) => previewsOn(host, connection));
    // A way in for each look would cost more requests than the rest of it: an event goes by what states remember.
    const names =
      access.allowRunner !== null && kinds === 'needed'
        ? await remembered(context)
        : await letIn(context, host, access, look);
    const share = shareOf(host, servers, await cloud.prices());
    const previews = names.flatMap((environment) => {
      const pullRequest = targetOfName(environment)?.pullRequest;
      return pullRequest === undefined ? [] : [{ environment, pullRequest, createdAt: null, monthlyCents: share }];
    });
    return { complete: true, previews };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.reporter.notice(`previews on ${host.name} can't be seen: ${error.message}`);
    return { complete: false, previews: [] };
  }
};

/** Previews whose state has a namespace. */
const remembered = async ({ store, config }: Context): Promise<readonly string[]> => {
  const names = (await store.list()).flatMap((key) => /^(pr-[1-9]\d*)\.json$/.exec(key)?.[1] ?? []);
  const loaded = await Promise.all(names.map((name) => readState(store, name, config.project, null)));
  return names.filter((name, at) => loaded[at]?.state.resources[addressOf('namespace', name)] !== undefined);
};

/** What one costs of a server that is full. Staging is there anyway. */
const shareOf = (
  { type, pool }: Environment,
  servers: readonly ObservedItem<'server'>[],
  prices: PriceList,
): number => {
  if (type !== 'pool' || pool === undefined) return 0;
  const all = servers.reduce((sum, server) => sum + monthlyCents(server, prices), 0);
  return Math.round(all / (servers.length * pool.perServer));
};
