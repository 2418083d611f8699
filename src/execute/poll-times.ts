/** Steps that started close together fall on the same tick, so that one request asks for all of them. */
const tickMs = 100;
/** A long action is asked for once before its estimate, because it may be quicker. */
const longMs = 4_000;
const early = 0.7;
const firstBackoffMs = 500;
const backoffMsMax = 2_000;

/**
 * When to ask next for an action that began at `startedAt`, after `polls` questions: near the estimate first, then
 * every 0.5 s growing to 2 s, and slower once it is long overdue. Asking costs one of 3,600 requests an hour.
 */
export const dueAfter = (startedAt: number, estimateMs: number, polls: number, now: number): number => {
  const expected = startedAt + Math.max(firstBackoffMs, estimateMs);
  const planned = estimateMs > longMs ? [startedAt + early * estimateMs, expected] : [expected];
  const at = planned[polls];
  if (at !== undefined && at > now) return onTick(at);
  const overdue = Math.max(0, polls - planned.length);
  const backoff = Math.min(firstBackoffMs * 1.5 ** overdue, Math.max(backoffMsMax, (now - expected) / 20));
  return onTick(now + backoff);
};

const onTick = (at: number): number => Math.ceil(at / tickMs) * tickMs;
