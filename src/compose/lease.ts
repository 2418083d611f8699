import type { LeaseRecord } from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { WaitOptions } from '../ports/session.ts';
import type { Lease } from '../statefile/held-lease.ts';
import { acquireLease } from '../statefile/lease.ts';
import { type LeaseHolder, type LeaseStanding, leaseStanding } from '../statefile/lease-standing.ts';
import { leaseTimesOf } from '../statefile/lease-times.ts';
import { leaseHeld, leftOf, whoHolds } from '../statefile/lease-words.ts';
import { storeTime } from '../statefile/store-time.ts';
import { unlockLease } from '../statefile/unlock.ts';

/** Who may change what, of all environments and `shared`. */
export interface Leases {
  /** Throws LeaseHeldError when another has it. */
  take(wanted: Wanted): Promise<Lease>;
  /** The clock that they are dated by. */
  now(): number;
  /** One request, which takes nothing. */
  standing(environment: string): Promise<LeaseStanding>;
  /** Returns once nobody holds it; throws LeaseHeldError at once, or when `waitMs` are over. */
  waitUntilFree(environment: string, options: WaitOptions): Promise<void>;
  /** Ends it in its holder's stead; `shown`: only that acquisition. Throws Failure when nobody holds it. */
  unlock(environment: string, shown?: LeaseRecord): Promise<LeaseRecord>;
}

export interface Wanted {
  readonly environment: string;
  readonly command: string;
  readonly run?: string;
  /** The fencing token in the state: the new one is higher. */
  readonly above?: number;
  /** Ends the waiting for what a dead process had sent. */
  readonly signal?: AbortSignal;
}

export interface LeasesOptions {
  /** Where the leases are: the state's own store, or objects of the Hetzner project. */
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Waiting for another process takes real time, also where the cloud's time is virtual. */
  readonly waitClock?: Clock;
  readonly random: Random;
  readonly holder: LeaseHolder;
  readonly reporter: Pick<Reporter, 'phase'>;
  readonly ttlMs?: number;
  /** The cloud lives and dies with the process that changes it, and so do its requests. */
  readonly cloudInProcess?: boolean;
  /** Whether a process of this machine lives; default: asked of the operating system. */
  readonly isAlive?: (pid: number) => boolean;
  readonly pidNamespace?: string;
}

/** Looks come at growing intervals; a lease that runs out sooner is looked at then. */
const looks = { firstMs: 1_000, longestMs: 10_000, growth: 1.5 };
/** A log is read later: the same holder is named again only after this long. */
const sayAgainMs = 30_000;

export const createLeases = (options: LeasesOptions): Leases => {
  const { store, clock, random, holder, ttlMs, isAlive, pidNamespace } = options;
  const asker = { ...(isAlive && { isAlive }), ...(pidNamespace !== undefined && { pidNamespace }) };
  const standing = (environment: string) => leaseStanding(store, environment, clock, holder, asker);
  const outlast = outlasting(options);
  return {
    take: ({ signal, ...wanted }) =>
      acquireLease({
        ...{ store, clock, random, holder, ...asker, ...wanted, outlast: (dead) => outlast(dead, signal) },
        ...(ttlMs === undefined ? {} : { ttlMs }),
      }),
    now: () => clock.now(),
    standing,
    waitUntilFree: async (environment, wait) => {
      const deadline = (options.waitClock ?? clock).now() + wait.waitMs;
      for (const one of wait.also === undefined || wait.also === environment ? [environment] : [wait.also, environment])
        await waitUntilFree({ ...options, outlast }, () => standing(one), one, { ...wait, deadline });
    },
    unlock: (environment, shown) =>
      unlockLease({ store, environment, clock, random, holder, ...(shown === undefined ? {} : { shown }) }),
  };
};

type Outlast = (dead: LeaseRecord, signal?: AbortSignal) => Promise<void>;

/**
 * A process that died on this machine is seen at once, but not what it had sent: that may arrive after whatever is
 * looked at now. Each is waited for once, whatever leases it had, and no longer than one runs.
 */
const outlasting = ({ store, clock, waitClock = clock, reporter, ttlMs, cloudInProcess }: LeasesOptions): Outlast => {
  const waitedFor = new Set<number>();
  return async (dead, signal) => {
    if (cloudInProcess === true || waitedFor.has(dead.pid)) return;
    const ms = Math.min(leaseTimesOf(ttlMs).requestMs, Date.parse(dead.expiresAt) - storeTime(store, clock));
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    reporter.phase(`${whoHolds(dead)} died: what it sent last may still arrive, so ${seconds} s are waited`);
    await waitClock.sleep(Math.max(0, ms), signal);
    waitedFor.add(dead.pid);
  };
};

const waitUntilFree = async (
  { store, clock, waitClock = clock, reporter, outlast }: LeasesOptions & { readonly outlast: Outlast },
  look: () => Promise<LeaseStanding>,
  environment: string,
  { command, deadline, signal }: Pick<WaitOptions, 'command' | 'signal'> & { readonly deadline: number },
): Promise<void> => {
  let said = { nonce: '', at: 0 };
  let pause = looks.firstMs;
  for (;;) {
    const { standing, record, leftMs } = await look();
    if (standing === 'dead' && record !== undefined) await outlast(record, signal);
    if (standing !== 'held' || record === undefined) return;
    const now = waitClock.now();
    if (now >= deadline) throw leaseHeld(environment, record, storeTime(store, clock), command);
    const nonce = record.nonce ?? '';
    if (said.nonce !== nonce || now - said.at >= sayAgainMs) {
      const left = `${Math.ceil((deadline - now) / 1000)} s more at most`;
      reporter.phase(
        `waiting for ${whoHolds(record)}: ${record.command}; ${leftOf(record, storeTime(store, clock))} (${left})`,
      );
      said = { nonce, at: now };
    }
    await waitClock.sleep(Math.max(1, Math.min(pause, leftMs, deadline - now)), signal);
    pause = Math.min(looks.longestMs, pause * looks.growth);
  }
};
