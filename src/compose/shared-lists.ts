import type { PriceList } from '../domain/observation.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi, Listing } from '../ports/cloud-api.ts';

/** A cloud whose lists are asked for once in a look, however many stages of it want them. */
export interface SharedLists {
  readonly cloud: CloudApi;
  /** A new look begins: what was listed before counts no longer, unless it is `still` young and nothing was changed since. */
  look(how: 'still' | 'anew'): void;
  /** Whether something was changed in the cloud since the look began. */
  changed(): boolean;
  /** A run that held the lease since has found all as listed: the look counts as made now. */
  confirm(): void;
}

/** As a plan of this process may be carried out for so long without looking at the cloud again (applying.ts). */
const youngMs = 60_000;

/**
 * Lists are kept from the beginning of a look until something is changed through this cloud; from then on each is asked
 * anew, for effects land later than their replies. Only whole lists are kept. Prices don't change within a process.
 */
export const shareLists = (cloud: CloudApi, clock: Clock): SharedLists => {
  let lists = new Map<string, Promise<Listing>>();
  let prices: Promise<PriceList> | undefined;
  let changed = false;
  let since: number | null = null;

  const once = (key: string, ask: () => Promise<Listing>): Promise<Listing> => {
    if (changed) return ask();
    const known = lists.get(key);
    if (known !== undefined) return known;
    since ??= clock.now();
    const kept = lists;
    const asked = ask();
    kept.set(key, asked);
    const forget = (): void => void kept.delete(key);
    asked.then(({ complete }) => (complete ? undefined : forget()), forget);
    return asked;
  };
  return {
    cloud: {
      ...cloud,
      list: (kind) => once(kind, () => cloud.list(kind)),
      listRrsets: (zone) => once(`rrsets of ${zone.id}`, () => cloud.listRrsets(zone)),
      prices: () => {
        prices ??= cloud.prices();
        prices.catch(() => {
          prices = undefined;
        });
        return prices;
      },
      perform: (...effect) => {
        changed = true;
        return cloud.perform(...effect);
      },
    },
    look(how) {
      if (how === 'still' && !changed && since !== null && clock.now() - since <= youngMs) return;
      lists = new Map();
      changed = false;
      since = null;
    },
    confirm() {
      if (since !== null) since = clock.now();
    },
    changed: () => changed,
  };
};
