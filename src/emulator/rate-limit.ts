/**
 * One bucket for the whole project: `limit` requests, refilled by limit/3600 a second, bursts allowed, requests
 * without a token count too; `reset` is the UNIX second of full recovery. docs.hetzner.cloud, rate limiting.
 */
export interface RateLimit {
  /** False when the bucket is empty. */
  take(): boolean;
  headers(): Record<string, string>;
  /** Empties or fills it to this many; for tests. */
  setRemaining(remaining: number): void;
}

export const createRateLimit = (limit: number, now: () => number): RateLimit => {
  let level = limit;
  let since = now();
  const refill = (): void => {
    const ms = now();
    level = Math.min(limit, level + ((ms - since) / 3_600_000) * limit);
    since = ms;
  };
  return {
    take: () => {
      refill();
      if (level < 1) return false;
      level -= 1;
      return true;
    },
    headers: () => ({
      'RateLimit-Limit': String(limit),
      'RateLimit-Remaining': String(Math.floor(level)),
      'RateLimit-Reset': String(Math.ceil(since / 1000 + ((limit - level) * 3600) / limit)),
    }),
    setRemaining: (remaining) => {
      refill();
      level = Math.min(limit, remaining);
    },
  };
};
