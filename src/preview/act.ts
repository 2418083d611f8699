import { Failure } from '../domain/errors.ts';
import type { PreviewRecord } from '../domain/preview.ts';
import type { Deployed, Removed } from '../ports/previews.ts';
import { errorOf, nowOf, numberOf } from './context.ts';
import { judge } from './judge.ts';
import type { Looking } from './look.ts';
import * as records from './records.ts';
import { askTrust, cloudOf, type Sight } from './sight.ts';
import type { Verdict } from './types.ts';

type Deploy = Extract<Verdict, { action: 'deploy' }>;

/** again: look once more. held: another run is at it. A verdict: nothing further can be done now, and this is how it stands. */
export type Acted = 'again' | 'held' | Verdict;

/** Carries out one verdict that changes something. */
export const act = async (looking: Looking, sight: Sight): Promise<Acted> => {
  const { verdict } = sight;
  if (verdict.action === 'deploy') return deploy(looking, sight, verdict);
  if (verdict.action === 'destroy') return destroy(looking, sight, verdict);
  if (verdict.action === 'free') return free(looking, sight);
  return verdict.action === 'stop' ? stop(looking, sight, verdict) : verdict;
};

/** Somebody deleted it by hand, or a run died before it made anything. The cloud is asked once more: it may be an old list. */
const free = async (looking: Looking, { record, verdict }: Sight): Promise<Acted> => {
  const { life, number, environment } = looking;
  const { complete, previews } = await life.world.existing();
  if (!complete || !mayDestroy(looking)) {
    looking.problems.push(notSure(environment, 'it has a place and nothing else'));
    return verdict;
  }
  looking.cloud = Object.assign(looking.cloud ?? { complete }, { complete, previews });
  if (previews.some((one) => one.environment === environment)) return 'again';
  const result = await life.world.destroy(number);
  if (result.result === 'held') {
    looking.held = result.message;
    return 'held';
  }
  if (result.result === 'failed' || result.result === 'blocked') {
    looking.problems.push(notRemoved(environment, result));
    return verdict;
  }
  await removed(looking, environment, record);
  looking.did.push(`freed the place of ${environment}`);
  return 'again';
};

const deploy = async (looking: Looking, sight: Sight, verdict: Deploy): Promise<Acted> => {
  const { life, number, environment } = looking;
  const { record, room } = sight;
  if (record === undefined) return 'again';
  if (room?.kind === 'evict' && !(await evict(looking, room.victim)))
    return waits(looking, `${room.victim} was to make room, and is needed again or could not be removed`);
  const attempt = { sha: verdict.sha, at: nowOf(life), redeploy: record.redeploy };
  const result = await life.world.deploy({
    pullRequest: number,
    images: verdict.images,
    redeploy: verdict.redeploy,
    stillWanted: () => stillWanted(looking, sight, verdict),
  });
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

/** Said first, then done: whoever comes after a crash in between finds that it should not exist. */
const evict = async (looking: Looking, victim: string): Promise<boolean> => {
  const { life, environment } = looking;
  const number = numberOf(victim);
  await cloudOf(looking);
  if (number === undefined || !mayDestroy(looking)) return false;
  const before = (await life.world.records())[victim];
  const marked = await life.world.record(victim, (record) =>
    record === undefined ? undefined : records.evicted(record, environment, life.clock.now()),
  );
  if (before === undefined || marked?.ended === undefined) return false;
  looking.evicted.push(number);
  const result = await life.world.destroy(number);
  if (result.result !== 'destroyed' && result.result !== 'absent') return false;
  await removed(looking, victim, before);
  looking.did.push(`destroyed ${victim} to make room`);
  return true;
};

const destroy = async (
  looking: Looking,
  { record }: Sight,
  verdict: Extract<Verdict, { action: 'destroy' }>,
): Promise<Acted> => {
  const { life, number, environment, given, did } = looking;
  if (!mayDestroy(looking) || (verdict.because === 'unknown-pull-request' && given.sure !== true)) {
    looking.problems.push(notSure(environment, verdict.because));
    return verdict;
  }
  if (verdict.because === 'expired') {
    const marked = await life.world.record(environment, (before) =>
      before === undefined ? undefined : records.expired(before, life.world.policy, life.clock.now()),
    );
    if (marked?.ended === undefined) return 'again';
  }
  const result = await life.world.destroy(number);
  if (result.result === 'held') {
    looking.held = result.message;
    return 'held';
  }
  if (result.result === 'failed' || result.result === 'blocked') {
    looking.problems.push(notRemoved(environment, result));
    return verdict;
  }
  await removed(looking, environment, record);
  if (result.result === 'destroyed') did.push(`destroyed ${environment}: ${verdict.because}`);
  return 'again';
};

const stop = async (looking: Looking, { record }: Sight, verdict: Verdict): Promise<Acted> => {
  const { life, number, environment } = looking;
  if (!mayDestroy(looking) || record === undefined) {
    looking.problems.push(notSure(environment, 'idle'));
    return verdict;
  }
  const result = await life.world.stop(number);
  if (result.result === 'held') {
    looking.held = result.message;
    return 'held';
  }
  if (result.result === 'failed' || result.result === 'blocked') {
    looking.problems.push(notRemoved(environment, result));
    return verdict;
  }
  looking.did.push(`stopped ${environment}: nobody worked on it`);
  await life.world.record(environment, (before) =>
    before === undefined ? undefined : records.stopped(before, record, nowOf(life)),
  );
  if (life.world.policy.mode === 'server') forget(looking, environment);
  return 'again';
};

/** Of everything that was asked for, all came whole. */
const mayDestroy = ({ given, cloud }: Looking): boolean => given.mayDestroy !== false && cloud?.complete !== false;

const removed = async (looking: Looking, environment: string, before: PreviewRecord | undefined): Promise<void> => {
  forget(looking, environment);
  if (before === undefined) return;
  await looking.life.world.record(environment, (now) => (now === undefined ? undefined : records.gone(now, before)));
};

const forget = ({ cloud }: Looking, environment: string): void => {
  if (cloud !== undefined) cloud.previews = cloud.previews.filter((one) => one.environment !== environment);
};

const notDeployed = (
  { environment, number }: Looking,
  { sha }: Deploy,
  { message }: Extract<Deployed, { result: 'failed' | 'blocked' }>,
): Failure =>
  new Failure(`${environment} was not deployed at ${sha.slice(0, 7)}: ${message}`, {
    next: `push a commit, say /redeploy, or: reconcile pr ${number}`,
  });

const notRemoved = (environment: string, { message }: Extract<Removed, { message: string }>): Failure =>
  new Failure(`${environment} was not removed: ${message}`, {
    next: `reconcile destroy pr ${numberOf(environment)}, or wait for the next sweep`,
  });

const notSure = (environment: string, because: string): Failure =>
  new Failure(`${environment} should go (${because}), and nobody could say for certain: a list did not come whole`, {
    done: ['it was left as it is'],
    next: 'reconcile sweep',
  });
