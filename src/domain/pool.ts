import type { PoolConfig } from './environment.ts';

/** Workers beside the pool's own server, so that no server has more previews than infra.yaml allows, or as many as it allows. */
export const workersFor = (previews: number, { perServer, serversMax }: PoolConfig): number =>
  Math.max(0, Math.min(Math.ceil(previews / perServer), serversMax) - 1);

/** Those that stand, and the lowest free numbers for what is missing: a number is an address, so none moves. */
export const workerNumbers = (standing: readonly number[], wanted: number): readonly number[] => {
  const taken = new Set(standing);
  for (let number = 1; taken.size < wanted; number += 1) taken.add(number);
  return [...taken].sort((a, b) => a - b);
};

/** `3` of `pool-worker-3`, as in its address or behind the project's name; undefined for what is no worker of the pool. */
export const workerNumber = (name: string): number | undefined => {
  const number = /(?:^|-)pool-worker-([1-9]\d*)$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
};

/** A server of the pool, as a sweep finds it. */
export interface PoolServer {
  readonly name: string;
  /** null: it holds the cluster's memory, and is the last to go. */
  readonly worker: number | null;
  /** ISO 8601: what Hetzner's hours count from. */
  readonly createdAt: string;
  /** Something of a preview runs on it. */
  readonly busy: boolean;
  /** A preview has been on its disk. */
  readonly used: boolean;
}

export interface PoolTidying {
  /** Get a new disk, for whoever comes next. */
  readonly rebuild: readonly PoolServer[];
  /** Nobody is on them, and the hour that is paid for is nearly over. */
  readonly remove: readonly PoolServer[];
  /** All of it goes: there is no preview, and the hour of its own server is nearly over. */
  readonly all: boolean;
}

const hourMs = 3_600_000;
/**
 * Hetzner bills begun hours (docs.hetzner.cloud, "How is billing done?"). A sweep comes each quarter of an hour, so one
 * of them falls into the last quarter of each hour; in the last minute it would be too late for what takes that long.
 */
const lastMs = { from: 15 * 60_000, to: 60_000 } as const;

/** Whether the hour that is paid for ends soon. */
export const endsSoon = (createdAt: string, now: number): boolean => {
  const age = now - Date.parse(createdAt);
  const left = hourMs - (((age % hourMs) + hourMs) % hourMs);
  return left <= lastMs.from && left > lastMs.to;
};

/**
 * What a sweep does about servers that previews have left. `previews`: places that are taken, also by what is only about
 * to come; a server that is needed for them stays.
 */
export const tidying = (
  {
    servers,
    previews,
    now,
  }: { readonly servers: readonly PoolServer[]; readonly previews: number; readonly now: number },
  config: PoolConfig,
): PoolTidying => {
  const own = servers.filter(({ worker }) => worker === null);
  const workers = servers.filter(({ worker }) => worker !== null);
  const nobody = previews === 0 && servers.every(({ busy }) => !busy);
  if (nobody && own.every(({ createdAt }) => endsSoon(createdAt, now)) && own.length > 0)
    return { rebuild: [], remove: [], all: true };
  const spare = Math.max(0, workers.length - workersFor(previews, config));
  const idle = workers.filter(({ busy }) => !busy);
  // The last come goes first: its hour has the longest way to go only by chance, its number is the highest.
  const remove = idle
    .filter(({ createdAt }) => endsSoon(createdAt, now))
    .toSorted((a, b) => (b.worker ?? 0) - (a.worker ?? 0))
    .slice(0, spare);
  const rebuild = idle.filter((server) => server.used && !remove.includes(server));
  return { rebuild, remove, all: false };
};
