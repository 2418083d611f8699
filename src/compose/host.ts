import { environmentFor } from '../config/environment.ts';
import { type Address, addressOf, isAddress, localName } from '../domain/address.ts';
import type { Environment, Target } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem, ObservedItem } from '../domain/observation.ts';
import { workerNumber, workerNumbers, workersFor } from '../domain/pool.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { PlanOptions } from '../ports/session.ts';
import { readPlaces } from '../statefile/places.ts';
import type { Context } from './context.ts';
import { hostState } from './host-state.ts';
import { sharedOptions } from './places.ts';
import { reach } from './reach.ts';

/* Servers that previews share: how many there should be, and whether they are there. */

type Server = ObservedItem<'server'>;

/** What has to be done to a host before a preview can be deployed on it. */
export interface HostNeed {
  /** With as many servers as are needed. */
  readonly environment: Environment;
  readonly because: string;
  /** Growing touches nothing that runs: what else would have to be changed waits for somebody to ask for it. */
  readonly options: PlanOptions;
}

/** With workers by load, and never fewer than stand: a sweep gives back what is too much (tidy-pool.ts). */
export const poolSized = async (context: Context, pool: Environment): Promise<Environment> => {
  const previews = Object.keys(await readPlaces(sharedOptions(context))).length;
  const state = await hostState(context, 'pool');
  const standing =
    state === null ? workersIn(await wholeHost(context, pool.name)) : workersOf(Object.keys(state.resources));
  return sizedFor(pool, standing, previews);
};

const sizedFor = (pool: Environment, standing: readonly number[], previews: number): Environment =>
  pool.pool === undefined ? pool : withWorkers(pool, workerNumbers(standing, workersFor(previews, pool.pool)));

export const withWorkers = (pool: Environment, numbers: readonly number[]): Environment => {
  const { workers: _sized, ...rest } = pool;
  return numbers.length === 0
    ? rest
    : { ...rest, workers: { count: numbers.length, types: pool.servers.types, numbers } };
};

const workerAddress = (number: number): Address => addressOf('server', `pool-worker-${number}`);

/** They name each server of the pool. */
const recordsIn = (state: StateFile | null): readonly Address[] =>
  Object.keys(state?.resources ?? {}).filter((one): one is Address => one.startsWith('rrset/'));

const workersOf = (addresses: readonly string[]): readonly number[] =>
  addresses
    .filter((one) => isAddress(one) && one.startsWith('server/'))
    .flatMap((one) => workerNumber(localName(one as `server/${string}`)) ?? []);
const workersIn = (items: readonly AnyObservedItem[]): readonly number[] =>
  items.flatMap(({ name }) => workerNumber(name) ?? []);

/** Its servers by labels; one request, or none where the list is known. Throws Failure for a list that did not come whole. */
export const wholeHost = async (
  { cloud, config }: Pick<Context, 'cloud' | 'config'>,
  host: string,
): Promise<readonly Server[]> => {
  const { items, complete, because } = await cloud.list('server');
  if (!complete)
    throw new Failure(`the list of servers did not come whole: ${because ?? 'no reason given'}`, {
      next: 'run the same command again',
    });
  return items.filter(
    (item): item is Server =>
      item.kind === 'server' &&
      item.labels[labelNames.project] === config.project &&
      item.labels[labelNames.environment] === host,
  );
};

export const hostTarget = (preview: Environment): Target | undefined =>
  preview.host === undefined ? undefined : { type: preview.host };

/**
 * What its host lacks for one preview more; null: nothing, or there is no place for it anyway. Looks at the list of
 * servers, the host's state and the places, and so costs one request to Hetzner.
 */
export const hostNeed = async (context: Context, preview: Environment): Promise<HostNeed | null> => {
  const target = hostTarget(preview);
  if (target === undefined || preview.host === undefined) return null;
  const host = environmentFor(context.config, target);
  const places = new Set(Object.keys(await readPlaces(sharedOptions(context))));
  if (!places.has(preview.name) && places.size >= preview.limits.pullRequestsMax) return null;
  places.add(preview.name);
  const servers = await wholeHost(context, host.name);
  const state = await hostState(context, preview.host);
  const sized = host.name === 'pool' ? sizedFor(host, workersIn(servers), places.size) : host;
  const because = missing(sized, servers, state);
  if (because !== undefined) return { environment: sized, because, options: { intent: 'converge' } };
  const numbers = sized.workers?.numbers ?? [];
  const standing = workersIn(servers);
  const lacking = numbers.filter((number) => !standing.includes(number));
  if (lacking.length === 0) return renewals(context, sized, state, servers);
  return {
    environment: sized,
    because: `${places.size} previews need ${1 + numbers.length} servers`,
    options: { intent: 'converge', only: [...lacking.map(workerAddress), ...recordsIn(state)] },
  };
};

/** Why previews could not run there at all. */
const missing = (
  { name, servers: wanted, zone, pool }: Environment,
  servers: readonly Server[],
  state: StateFile | null,
): string | undefined => {
  const own = servers.filter((one) => workerNumber(one.name) === undefined);
  if (own.length < wanted.count) return own.length === 0 ? `${name} does not exist yet` : `${name} lacks servers`;
  const down = own.find(({ facts }) => facts.status !== 'running');
  if (down !== undefined) return `${down.name} is ${down.facts.status}`;
  const formed = state?.resources[addressOf('cluster', name)];
  if (state?.keys === undefined || formed === undefined || formed.fingerprint === '')
    return `nothing says that Consul and Nomad of ${name} have formed`;
  if (zone === undefined || pool === undefined) return undefined;
  const record = `rrset/${zone}/*.${pool.wildcard === zone ? '' : pool.wildcard.slice(0, -zone.length - 1)}/`;
  return Object.keys(state.resources).some((address) => address.startsWith(record))
    ? undefined
    : `names of previews do not lead to ${name} yet`;
};

/** A certificate that runs out, and a login at the registry that is another by now: servers get them as they run. */
const renewals = async (
  context: Context,
  host: Environment,
  state: StateFile | null,
  servers: readonly Server[],
): Promise<HostNeed | null> => {
  const { keyRing, pulls, certificates } = reach(context.contextFor(host.type), host);
  await keyRing.load(state);
  await certificates.load();
  const names = servers.map(({ name }) => name);
  const [because] = [...certificates.due(names), ...pulls.due(names)];
  if (because === undefined) return null;
  return { environment: host, because, options: { intent: 'converge', only: [addressOf('cluster', host.name)] } };
};
