import type { Images, PreviewRecord } from '../../src/domain/preview.ts';
import { belongs } from '../../src/ports/code-host.ts';
import { evictable } from '../../src/preview/activity.ts';
import { judge } from '../../src/preview/judge.ts';
import { roomFor } from '../../src/preview/limits.ts';
import { trustOf } from '../../src/preview/trust.ts';
import type { Lab } from './live.ts';

export const rules = [
  'over the cap',
  'untrusted',
  'incomplete list',
  'without cause',
  'expired although reviewed',
  'two at one',
  'leaked',
  'left without',
  'stale',
  'requests',
] as const;
export type Rule = (typeof rules)[number];
export interface Violation {
  readonly rule: Rule;
  readonly text: string;
}

export interface Witness {
  readonly violations: Violation[];
  created: number;
  destroyed: number;
  /** After the last sweep. */
  end(): void;
}

/** Looks at every change in the cloud the moment it happens, and knows what was true at the code host. */
export const createWitness = (lab: Lab): Witness => {
  const { world, timeline } = lab;
  const askedAt = new Map<string, number>();
  const overUntil = new Map<string, number>();
  lab.recorded = (environment, before, next) => {
    if (isOver(before) && !isOver(next)) overUntil.set(environment, timeline.now());
    // Until then it was half made, which nobody keeps for an author who may not write any more.
    const author = next?.author ?? '';
    const answers = before !== undefined && before.deployed === undefined && next?.deployed !== undefined;
    if (answers && !lab.truth.couldWriteSince(author, timeline.now())) overUntil.set(environment, timeline.now());
    if (before !== undefined && before.ended === undefined && next?.ended !== undefined)
      mayEnd(lab, environment, before, next.ended, violate);
  };
  /** Commits that ran since it was made, each of which was allowed then: they may be deployed once more. */
  const ran = new Map<string, Set<string>>();
  const witness: Witness = {
    violations: [],
    created: 0,
    destroyed: 0,
    end: () => atTheEnd(lab, violate),
  };
  const violate = (rule: Rule, text: string): void => {
    witness.violations.push({ rule, text: `${rule}: ${text}` });
    lab.tell(`VIOLATION ${rule}: ${text}`);
  };
  const inside = new Map<string, Set<() => boolean>>();
  world.inside = (environment, enters, alive) => {
    const there = new Set([...(inside.get(environment) ?? [])].filter((one) => one !== alive && one()));
    if (enters && there.size > 0) violate('two at one', environment);
    inside.set(environment, enters ? there.add(alive) : there);
  };
  world.asking = (environment) => void askedAt.set(environment, timeline.now());
  world.changed = (what, environment, images) => {
    const by = lab.acting?.name ?? '?';
    lab.tell(`[${by}] ${what} ${environment}${images === null ? '' : ` ${images['web']}`}`);
    if (what === 'made') {
      witness.created += 1;
      if (world.made.size > lab.policy.max) violate('over the cap', `${world.made.size} of ${lab.policy.max}`);
      const sha = shaOf(images);
      const commits = ran.get(environment) ?? new Set();
      if (!commits.has(sha ?? 'configured')) mayRun(lab, environment, sha, askedAt, violate);
      ran.set(environment, commits.add(sha ?? 'configured'));
      return;
    }
    witness.destroyed += 1;
    if (what === 'destroyed') ran.delete(environment);
    if (what === 'stopped') {
      quietFor(lab, environment, 'stopped', { at: timeline.now(), quietMs: lab.policy.idleStopMs ?? 0 }, violate);
      return;
    }
    if (lab.acting !== null && lab.acting.incomplete.size > 0)
      violate('incomplete list', `${environment} by ${by}, of ${[...lab.acting.incomplete].join(', ')}`);
    const because = whyNot(lab, environment, overUntil);
    if (because !== null) violate('without cause', `${environment} by ${by}: ${because}`);
  };
  return witness;
};

const shaOf = (images: Images | null): string | null => images?.['web']?.split(':')[1] ?? null;
const numberOf = (environment: string): number => Number(environment.slice(3));

type Violate = (rule: Rule, text: string) => void;

/** The commit was its trusted author's own, or a writer's word was given for it, at some time since this was asked last. */
const mayRun = (
  lab: Lab,
  environment: string,
  sha: string | null,
  askedAt: ReadonlyMap<string, number>,
  violate: Violate,
): void => {
  const { truth, timeline } = lab;
  const now = timeline.now();
  const since = lab.sabotage === 'no-recheck' ? now : (askedAt.get(environment) ?? now);
  // An answer about a person counts for a quarter of a minute.
  const trustedSince = lab.sabotage === 'no-recheck' ? now : since - 15_000;
  const number = numberOf(environment);
  const versions = truth.pullsSince(number, since);
  const heads = sha === null ? versions.map(({ headSha }) => headSha) : [sha];
  const byAuthor = versions.some(({ author, headRepository }) => {
    const own = headRepository === 'acme/shop' || headRepository?.split('/')[0] === author.login;
    return own && truth.couldWriteSince(author.login, trustedSince);
  });
  const open = versions.some(({ state, draft }) => state === 'open' && !draft);
  if (!open) violate('untrusted', `${environment} made though it was closed or a draft`);
  if (!byAuthor && !heads.some((head) => truth.isApproved(number, head)))
    violate('untrusted', `${environment} at ${heads.map((head) => head.slice(0, 7)).join(' or ')}`);
};

/** Somebody said that it should go, or nobody worked on it. */
const isOver = (record: PreviewRecord | undefined): boolean =>
  record?.dismissed !== undefined || record?.ended !== undefined;

/** null: there was a cause. */
const whyNot = (lab: Lab, environment: string, overUntil: ReadonlyMap<string, number>): string | null => {
  const { truth, world, timeline } = lab;
  const versions = truth.pullsSince(numberOf(environment), lab.acting?.startedAt ?? timeline.now());
  if (versions.length === 0 || versions.some(({ state, draft }) => state === 'closed' || draft)) return null;
  const record = world.records.get(environment);
  if (record === undefined) return 'nobody remembers it';
  if (record.deployed === undefined) return null;
  // Decided before somebody wanted it again.
  const until = overUntil.get(environment);
  if (until !== undefined && until >= (lab.acting?.startedAt ?? 0)) return null;
  return isOver(record) ? null : 'it was wanted';
};

/** By what is written down at the very moment at which it is decided. */
const mayEnd = (
  lab: Lab,
  environment: string,
  { reviewedAt, extendedUntil }: PreviewRecord,
  { because, at }: NonNullable<PreviewRecord['ended']>,
  violate: Violate,
): void => {
  const quiet = because === 'expired' ? lab.policy.ttlMs : evictable.reviewMs;
  const decided = Date.parse(at);
  quietFor(lab, environment, because, { at: decided, quietMs: quiet }, violate);
  if (reviewedAt !== undefined && decided - Date.parse(reviewedAt) < quiet)
    violate('without cause', `${environment} ${because} at ${at}, though a review was going on: ${reviewedAt}`);
  if (extendedUntil !== undefined && Date.parse(extendedUntil) > decided)
    violate('without cause', `${environment} ${because} at ${at}, though extended until ${extendedUntil}`);
};

/** From when the host says so to when something goes by it. */
const answerMs = 20_000;

/** Whoever belongs here and reviewed it in that time was there to be asked about, heard or not. */
const quietFor = (
  lab: Lab,
  environment: string,
  what: string,
  { at, quietMs }: { readonly at: number; readonly quietMs: number },
  violate: Violate,
): void => {
  const reviewed = lab.host.reviews.find(({ number, by, at: when }) => {
    const before = at - Date.parse(when);
    return number === numberOf(environment) && belongs(by.association) && before > answerMs && before < quietMs;
  });
  if (reviewed !== undefined)
    violate('expired although reviewed', `${environment} ${what}, by ${reviewed.by.login} at ${reviewed.at}`);
};

/** What exists is what the judge wants, by what is true and not by what was told. */
const atTheEnd = (lab: Lab, violate: Violate): void => {
  const { host, world, policy, timeline } = lab;
  const now = timeline.now();
  const places = [...world.places].map(([environment, at]) => ({ environment, at }));
  const existing = [...world.made.keys()].map((environment) => ({
    environment,
    pullRequest: numberOf(environment),
    createdAt: null,
    monthlyCents: world.centsOfOne,
  }));
  const records = Object.fromEntries(world.records);
  const environments = new Set([
    ...world.made.keys(),
    ...world.places.keys(),
    ...[...host.pulls.keys()].map((n) => `pr-${n}`),
  ]);
  for (const environment of environments) {
    const pullRequest = host.pulls.get(numberOf(environment)) ?? null;
    const record = world.records.get(environment);
    const permission = pullRequest === null ? 'none' : host.permissions.get(pullRequest.author.login);
    const trusted = pullRequest !== null && trustOf(pullRequest, record, permission, 'acme/shop') === 'trusted';
    const exists = world.made.has(environment);
    const hasPlace = world.places.has(environment);
    const occupancy = { policy, places, existing, records, centsOfOne: world.centsOfOne, now };
    const room = () => roomFor(environment, record?.author ?? '', occupancy);
    const verdict = judge({ pullRequest, record, exists, hasPlace, trusted, policy, now, room });
    const because = 'because' in verdict ? ` ${verdict.because}` : '';
    if (verdict.action === 'destroy' || verdict.action === 'stop')
      violate('leaked', `${environment}${because}${exists ? '' : ', a place only'}`);
    if (exists && (pullRequest === null || pullRequest.state === 'closed' || pullRequest.draft))
      violate('leaked', `${environment} of a pull request that is gone`);
    if (!exists && hasPlace && verdict.action !== 'deploy') violate('leaked', `the place of ${environment}`);
    if (verdict.action === 'deploy')
      violate(exists ? 'stale' : 'left without', `${environment} at ${verdict.sha.slice(0, 7)}`);
    const comment = [...host.comments.values()].find((one) =>
      one.body.startsWith(`<!-- preview of ${numberOf(environment)} -->`),
    );
    const says = comment?.body.includes('\nrunning ') === true;
    if (
      comment !== undefined &&
      says !== (exists && verdict.action === 'keep' && verdict.because !== 'idle' && record?.deployed !== undefined)
    )
      violate(
        'stale',
        `the comment of ${environment}: ${comment.body.split('\n').slice(1).join(', ')}; exists: ${exists}, ${verdict.action}${because}`,
      );
  }
};
