import { Failure } from '../domain/errors.ts';
import type { PreviewRecord } from '../domain/preview.ts';
import type { Deployed } from '../ports/previews.ts';
import { errorOf, nowOf } from './context.ts';
import { judge } from './judge.ts';
import type { Looking } from './look.ts';
import * as records from './records.ts';
import { destroy, evict, free, stop } from './remove.ts';
import { askTrust, type Sight } from './sight.ts';
import type { Verdict } from './types.ts';

type Deploy = Extract<Verdict, { action: 'deploy' }>;

/**
 * again: look once more. reviewed: judge once more, for somebody reviewed what was to go and nothing was changed.
 * held: another run is at it. A verdict: nothing further can be done now, and this is how it stands.
 */
export type Acted = 'again' | 'reviewed' | 'held' | Verdict;

/** Carries out one verdict that changes something. */
export const act = async (looking: Looking, sight: Sight): Promise<Acted> => {
  const { verdict } = sight;
  if (verdict.action === 'deploy') return deploy(looking, sight, verdict);
  if (verdict.action === 'destroy') return destroy(looking, sight, verdict);
  if (verdict.action === 'free') return free(looking, sight);
  return verdict.action === 'stop' ? stop(looking, sight, verdict) : verdict;
};

const deploy = async (looking: Looking, sight: Sight, verdict: Deploy): Promise<Acted> => {
  const { life, number, environment } = looking;
  const { record, room } = sight;
  if (record === undefined) return 'again';
  if (room?.kind === 'evict') {
    const evicted = await evict(looking, room.victim);
    if (evicted === 'reviewed') return 'reviewed';
    if (evicted !== 'done') return waits(looking, `${room.victim} was to make room, and ${evicted.because}`);
  }
  const attempt = { sha: verdict.sha, at: nowOf(life), redeploy: record.redeploy };
  const result = await life.world.deploy({
    pullRequest: number,
    images: verdict.images,
    redeploy: verdict.redeploy,
    stillWanted: () => stillWanted(looking, sight, verdict),
  });
  if (result.result === 'deployed' || result.result === 'failed') looking.deploys += 1;
  // What was asked before it was made is old now; what withdrew it is not.
  if (result.result !== 'withdrawn') looking.fresh = undefined;
  switch (result.result) {
    case 'deployed':
      await deployed(looking, record, { ...attempt, images: result.images });
      return 'again';
    case 'withdrawn':
      return looking.problems.length > 0 ? verdict : 'again';
    case 'held':
      looking.held = result.message;
      return 'held';
    default:
      if (result.result === 'blocked' && result.holders.length > 0 && !sight.exists)
        return waits(looking, result.message);
      // A guard that says no to this very preview is tried again like any failure.
      await life.world.record(environment, (before) => records.failedAs(before ?? record, attempt, result.message));
      looking.problems.push(notDeployed(looking, verdict, result));
      return 'again';
  }
};

const deployed = async (
  { life, environment, did, number, cloud }: Looking,
  record: PreviewRecord,
  attempt: Parameters<typeof records.deployedAs>[1],
): Promise<void> => {
  did.push(`deployed ${attempt.sha.slice(0, 7)} to ${environment}`);
  const monthlyCents = record.monthlyCents ?? (await life.world.monthlyCentsOfOne());
  await life.world.record(environment, (before) => ({
    ...records.deployedAs(before ?? record, attempt),
    monthlyCents,
  }));
  if (cloud === undefined || cloud.previews.some((one) => one.environment === environment)) return;
  cloud.previews = [...cloud.previews, { environment, pullRequest: number, createdAt: attempt.at, monthlyCents }];
};

/**
 * Asked under the lease, right before the first create: is it still open, no draft, still trusted, still this commit?
 * Where the host does not answer, nothing is made.
 */
const stillWanted = async (looking: Looking, sight: Sight, verdict: Deploy): Promise<string | null> => {
  const { life, number, environment } = looking;
  try {
    const pullRequest = await life.host.pullRequest(number);
    looking.fresh = pullRequest;
    const record = (await life.world.records())[environment];
    const trust = pullRequest === null ? 'untrusted' : await askTrust(looking, pullRequest, record);
    const { exists, hasPlace } = sight;
    const now = life.clock.now();
    const { policy } = life.world;
    const trusted = trust === 'trusted';
    const room = () => ({ kind: 'free' }) as const;
    const next = judge({ pullRequest, record, exists, hasPlace, trusted, policy, room, now });
    if (next.action === 'deploy' && next.sha === verdict.sha) return null;
    return `${environment} is wanted otherwise now: ${next.action}${'because' in next ? `, ${next.because}` : ''}`;
  } catch (error) {
    looking.problems.push(errorOf(error));
    return `nobody could say whether ${environment} is still wanted`;
  }
};

const waits = async (looking: Looking, message: string): Promise<Verdict> => {
  const { life, environment } = looking;
  looking.message = message;
  await life.world.record(environment, (before) =>
    before === undefined ? undefined : records.waitsSince(before, nowOf(life)),
  );
  return { action: 'none', because: 'waiting-for-place' };
};

const notDeployed = (
  { environment, number }: Looking,
  { sha }: Deploy,
  { message }: Extract<Deployed, { result: 'failed' | 'blocked' }>,
): Failure =>
  new Failure(`${environment} was not deployed at ${sha.slice(0, 7)}: ${message}`, {
    next: `push a commit, say /redeploy, or: reconcile pr ${number}`,
  });
