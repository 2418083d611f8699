import pLimit from 'p-limit';
import { withoutAccess } from '../domain/access-rule.ts';
import { type Address, isAddress } from '../domain/address.ts';
import type { Catalogue, Observation } from '../domain/observation.ts';
import type { OwnershipBasis } from '../domain/ownership.ts';
import type { DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';
import { type Clock, isoNow } from '../ports/clock.ts';
import type { CloudApi, Listing } from '../ports/cloud-api.ts';
import type { ClusterOperations, RecoverAccess } from '../ports/cluster-operations.ts';
import { catalogueNeeded } from './catalogue-needed.ts';
import { machineTargets } from './machine-targets.ts';
import { listedKinds, neededKinds } from './needed-kinds.ts';
import { type OwnItem, ownItems } from './own.ts';
import { wantedZones } from './wanted-zones.ts';

export interface ObserveOptions {
  readonly cloud: CloudApi;
  readonly operations: Pick<ClusterOperations, 'observe'>;
  readonly desired: DesiredState;
  readonly state: StateFile | null;
  readonly clock: Clock;
  /** Ask what can be ordered even when nothing seems to need it, e.g. for `--replace`. */
  readonly catalogue?: 'when-needed' | 'always';
  /** Which kinds are listed; `needed`: those of which something is wanted or remembered. */
  readonly lists?: 'all' | 'needed';
  /** A preview on servers of another environment: that one is asked, and little is listed. */
  readonly host?: string;
  /** Where all keys are lost, look what a human's login would find. */
  readonly recoverAccess?: RecoverAccess;
}

/** Requests on their way at once. More would not be faster: eleven lists are all there is. */
const concurrency = 6;

/**
 * What the APIs say now: 10 lists, the prices, the rrsets of the wanted zone = 12 requests for up to 50 objects a kind;
 * then the catalogue if needed and the cluster if servers of ours run. Throws when nothing at all can be known (no reply,
 * token refused, no prices); a list that is incomplete is kept and marked.
 */
export const observe = async (options: ObserveOptions): Promise<Observation> => {
  const { cloud, operations, desired, state, clock, host } = options;
  const before = cloud.usage().requests;
  const at = isoNow(clock);
  const ask = askInTurn();
  const prices = ask(() => cloud.prices());
  const { lists: wanted = host === undefined ? 'all' : 'needed' } = options;
  const kinds = wanted === 'needed' ? neededKinds(desired, state) : listedKinds;
  const lists = kinds.map(async (kind) => [kind, await ask(() => cloud.list(kind))] as const);
  const rrsets = listRrsets(options, lists[kinds.indexOf('zone')], ask);
  const [listings, priceList, records] = await Promise.all([Promise.all(lists), prices, rrsets]);

  const all = [...listings, ...(records === undefined ? [] : [['rrset', records] as const])];
  const items = withoutAccess(
    all.flatMap(([, { items: found }]) => found),
    { project: desired.project, environment: desired.environment, nowMs: Date.parse(at) },
  );
  const own = ownItems(items, basisOf(desired, state));
  // It had servers of its own before: then all that belongs to these has to be seen.
  if (host !== undefined && own.length > 0 && kinds.length < listedKinds.length)
    return observe({ ...options, lists: 'all' });
  const targets = machineTargets(host === undefined ? own : itemsOf(host, items, desired));
  const asked = options.recoverAccess === undefined ? {} : { recoverAccess: options.recoverAccess };
  const [catalogue, cluster] = await Promise.all([
    readCatalogue(options, own),
    targets.length === 0 ? null : operations.observe(targets, asked),
  ]);
  const { requests, budget } = cloud.usage();
  return {
    at,
    lists: Object.fromEntries(all.map(([kind, listing]) => [kind, completenessOf(listing)])),
    items,
    prices: priceList,
    catalogue,
    cluster,
    requests: { read: requests.read - before.read, write: requests.write - before.write },
    budget,
  };
};

type Ask = <T>(run: () => Promise<T>) => Promise<T>;

/** A few questions at once. The first that fails ends the observation: what still waits for its turn is not asked. */
const askInTurn = (): Ask => {
  const limit = pLimit(concurrency);
  let failed: { readonly error: unknown } | undefined;
  return (run) =>
    limit(async () => {
      if (failed !== undefined) throw failed.error;
      try {
        return await run();
      } catch (error) {
        failed ??= { error };
        throw error;
      }
    });
};

/** After the list of zones, which tells the ids. A wanted zone that does not exist has no records. */
const listRrsets = async (
  { cloud, desired, state }: ObserveOptions,
  listed: Promise<readonly [string, Listing]> | undefined,
  ask: Ask,
): Promise<Listing | undefined> => {
  const wanted = wantedZones(desired, state);
  if (wanted.length === 0) return undefined;
  const [, zones] = (await listed) ?? ['zone', { items: [], complete: false }];
  const found = zones.items.filter(({ name }) => wanted.includes(name));
  const listings = await Promise.all(found.map(({ id, name }) => ask(() => cloud.listRrsets({ id, name }))));
  const because = [zones, ...listings].find(({ complete }) => !complete)?.because;
  return {
    items: listings.flatMap(({ items }) => items),
    complete: because === undefined,
    ...(because === undefined ? {} : { because }),
  };
};

const readCatalogue = async (
  { cloud, desired, state, catalogue }: ObserveOptions,
  own: readonly OwnItem[],
): Promise<Catalogue | null> =>
  catalogue === 'always' || catalogueNeeded(desired, own, state) ? cloud.catalogue() : null;

const basisOf = (desired: DesiredState, state: StateFile | null): OwnershipBasis => {
  const remembered: readonly Address[] = Object.keys(state?.resources ?? {}).filter(isAddress);
  return {
    project: desired.project,
    environment: desired.environment,
    known: [...desired.resources.map(({ address }) => address), ...remembered],
    state,
  };
};

/** Of another environment of this project, by labels alone. */
const itemsOf = (environment: string, items: Observation['items'], { project }: DesiredState): readonly OwnItem[] =>
  ownItems(items, { project, environment, known: [], state: null });

const completenessOf = ({ complete, because }: Listing): { complete: boolean; because?: string } =>
  because === undefined ? { complete } : { complete, because };
