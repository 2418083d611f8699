/** How long is what; the sums are in docs/decisions/0025-lease.md. */
export interface LeaseTimes {
  /** From a renewal until anybody may take over: how long others wait for a holder that died on another machine. */
  readonly ttlMs: number;
  /** The heartbeat renews this long after the last renewal. */
  readonly beatMs: number;
  /** `check` renews once no more than this is left, so that the write of an intent fits in before the mutation. */
  readonly enoughMs: number;
  /** A mutating request leaves only while more than this is left: what it may take to arrive, and the skew of clocks. */
  readonly mutateMs: number;
  /** A mutating request arrives within this, or never. */
  readonly requestMs: number;
}

export const ttlDefaultMs = 60_000;

/** Everything is a part of the time to live: a test may have a short one. */
export const leaseTimesOf = (ttlMs: number = ttlDefaultMs): LeaseTimes => {
  const skewMs = ttlMs / 3;
  /** At 60 s this is the 15 s of a mutating request to Hetzner (hetzner/transport.ts); Nomad and Consul have 10 s. */
  const requestMs = ttlMs / 4;
  return { ttlMs, beatMs: ttlMs / 3, enoughMs: (ttlMs * 3) / 4, mutateMs: requestMs + skewMs, requestMs };
};
