import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PreviewPolicy, PreviewRecord } from '../../src/domain/preview.ts';
import type { PullRequest } from '../../src/ports/code-host.ts';
import { goesAt, mayBeEvicted } from '../../src/preview/activity.ts';
import { type Facts, judge } from '../../src/preview/judge.ts';
import { holdersOf, type Occupancy, roomFor, waitingLine } from '../../src/preview/limits.ts';
import { retryAt, triesMax } from '../../src/preview/retries.ts';
import { approvalOf, readMs, trustOf } from '../../src/preview/trust.ts';
import { hour, shaOf } from './model/scene.ts';
import { policyOf } from './model/world.ts';

const now = Date.UTC(2026, 10, 24, 9);
const iso = (ms: number): string => new Date(ms).toISOString();
const time = fc.integer({ min: -200, max: 0 }).map((hours) => iso(now + hours * hour));
const sha = fc.constantFrom(shaOf('a'), shaOf('b'), shaOf('c'));
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const said = fc.record({ by: fc.constantFrom('ada', 'grace'), at: time });
const images = sha.map((of) => ({ web: `web:${of}` }));

const record: fc.Arbitrary<PreviewRecord> = fc
  .record(
    {
      author: fc.constantFrom('ada', 'bea', 'tim'),
      activityAt: time,
      asked: fc.record({ sha, at: time }),
      approved: fc.record({ by: fc.constant('grace'), at: time, sha }),
      dismissed: said,
      built: fc.record({ sha, images, at: time }),
      unbuilt: fc.record({ sha, message: fc.string(), at: time }),
      deployed: fc.record({ sha, images, at: time }),
      failed: fc.record({ sha, message: fc.string(), at: time, tries: fc.integer({ min: 1, max: 5 }) }),
      startedAt: time,
      stoppedAt: time,
      ended: fc.record({ because: fc.constantFrom('expired' as const, 'evicted' as const), at: time }),
      reviewedAt: time,
      extendedUntil: fc.integer({ min: -100, max: 100 }).map((hours) => iso(now + hours * hour)),
      waitingSince: time,
      redeploy: said,
    },
    { requiredKeys: ['author', 'activityAt'] },
  )
  .map((made) => made as PreviewRecord);

const pullRequest: fc.Arbitrary<PullRequest> = fc
  .record({
    open: fc.boolean(),
    merged: fc.boolean(),
    draft: fc.boolean(),
    headSha: sha,
    login: fc.constantFrom('ada', 'bea', 'tim'),
    association: fc.constantFrom('OWNER', 'MEMBER', 'COLLABORATOR', 'CONTRIBUTOR', 'NONE'),
    headRepository: fc.constantFrom('acme/shop', 'ada/shop', 'bea/shop', null),
  })
  .map(({ open, merged, draft, headSha, login, association, headRepository }) => ({
    number: 7,
    state: open ? 'open' : 'closed',
    merged: !open && merged,
    draft,
    author: { login, association },
    title: '',
    headSha,
    headRef: 'topic',
    headRepository,
    baseRef: 'main',
    labels: [],
    createdAt: iso(now),
    updatedAt: iso(now),
    closedAt: null,
  }));

const policy: fc.Arbitrary<PreviewPolicy> = fc
  .record({
    max: fc.integer({ min: 1, max: 4 }),
    maxPerAuthor: maybe(fc.integer({ min: 1, max: 3 })),
    budgetCents: maybe(fc.integer({ min: 0, max: 3000 })),
    idleStopMs: maybe(fc.constant(8 * hour)),
    atCap: fc.constantFrom('wait' as const, 'evict-oldest-idle' as const),
    images: fc.constantFrom('commit' as const, 'configured' as const),
  })
  .map(({ maxPerAuthor, budgetCents, idleStopMs, ...rest }) =>
    policyOf({
      ...rest,
      ...(maxPerAuthor !== undefined && { maxPerAuthor }),
      ...(budgetCents !== undefined && { budgetCents }),
      ...(idleStopMs !== undefined && { idleStopMs }),
    }),
  );

const room = fc.constantFrom('free', 'waiting-for-place', 'author-limit', 'budget').map((kind) => ({ kind }) as const);
const facts: fc.Arbitrary<Facts> = fc.record({
  pullRequest: fc.option(pullRequest),
  record: maybe(record),
  exists: fc.boolean(),
  hasPlace: fc.boolean(),
  trusted: fc.boolean(),
  policy,
  room: room.map((one) => () => one),
  now: fc.constant(now),
});

describe('the judge, of any facts', () => {
  test('a new commit is deployed only where its pull request is open, ready, and may run', () => {
    fc.assert(
      fc.property(facts, (of) => {
        const verdict = judge(of);
        if (verdict.action !== 'deploy') return;
        expect(of.pullRequest?.state).toBe('open');
        expect(of.pullRequest?.draft).toBe(false);
        expect(of.record?.dismissed).toBeUndefined();
        if (!of.trusted) {
          // What answers already, once more because somebody said so.
          expect(verdict.sha).toBe(of.record?.deployed?.sha);
          expect([of.exists, verdict.redeploy]).toEqual([true, true]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('what is closed, a draft, dismissed or ended never stays; what never was is not destroyed', () => {
    fc.assert(
      fc.property(facts, (of) => {
        const { action } = judge(of);
        const open = of.pullRequest?.state === 'open' && !of.pullRequest.draft;
        const over = !open || of.record?.dismissed !== undefined || of.record?.ended !== undefined;
        if (over) expect(action).toBe(of.exists || of.hasPlace ? 'destroy' : 'none');
        if (!of.exists && !of.hasPlace) expect(['none', 'deploy']).toContain(action);
      }),
      { numRuns: 2000 },
    );
  });

  test('after what it wants was done it wants nothing more', () => {
    fc.assert(
      fc.property(facts, (of) => {
        const verdict = judge(of);
        if (verdict.action !== 'deploy' || of.record === undefined) return;
        const { failed: _failed, redeploy: _redeploy, ...rest } = of.record;
        const deployed = { sha: verdict.sha, images: verdict.images ?? {}, at: iso(now) };
        const after = { ...rest, deployed, startedAt: iso(now) };
        expect(judge({ ...of, record: after, exists: true, hasPlace: true }).action).toBe('keep');
      }),
      { numRuns: 2000 },
    );
  });

  test('a commit that failed is not tried again before its time, and after its last try never by itself', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 600 }), (of, tries, minutes) => {
        const head = of.pullRequest?.headSha ?? '';
        const failed = { sha: head, message: '', at: iso(now - minutes * 60_000), tries };
        const { redeploy: _redeploy, ...rest } = of.record ?? { author: 'ada', activityAt: iso(now) };
        const verdict = judge({ ...of, trusted: true, record: { ...rest, failed } });
        if (verdict.action !== 'deploy' || verdict.sha !== head) return;
        expect(now).toBeGreaterThanOrEqual(retryAt(failed));
        expect(tries).toBeLessThan(triesMax);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('trust', () => {
  const repository = 'acme/shop';
  test('only the word of a writer for this commit, or a permission that was asked for, makes it trusted', () => {
    fc.assert(
      fc.property(
        pullRequest,
        maybe(record),
        maybe(fc.constantFrom('admin', 'write', 'triage', 'none')),
        (pull, of, permission) => {
          const trust = trustOf(pull, of, permission as 'admin' | undefined, repository);
          const approved = of?.approved?.sha === pull.headSha;
          const own = pull.headRepository === repository || pull.headRepository?.split('/')[0] === pull.author.login;
          if (approved) expect(trust).toBe('trusted');
          else if (!own) expect(trust).toBe('untrusted');
          else if (permission === undefined) expect(['presumed', 'unknown']).toContain(trust);
          else expect(trust).toBe(permission === 'admin' || permission === 'write' ? 'trusted' : 'untrusted');
        },
      ),
    );
  });

  test.each([
    ['the commit our comment named a minute ago', null, shaOf('a'), { sha: shaOf('a'), at: iso(now - readMs) }, true],
    ['the same, a moment too early', null, shaOf('a'), { sha: shaOf('a'), at: iso(now - readMs + 1) }, false],
    ['another commit than our comment names', null, shaOf('b'), { sha: shaOf('a'), at: iso(now - hour) }, false],
    ['nobody was asked', null, shaOf('a'), undefined, false],
    ['all digits of the head', shaOf('a'), shaOf('a'), undefined, true],
    ['all digits in capitals', shaOf('A'), shaOf('a'), undefined, true],
    ['some digits, with which another commit may begin', 'aaaaaaa', shaOf('a'), undefined, false],
    ['digits of what was the head', shaOf('a'), shaOf('b'), { sha: shaOf('a'), at: iso(now - hour) }, false],
  ])('/deploy approves, or not: %s', (_title, typed, head, asked, approves) => {
    expect('sha' in approvalOf({ sha: typed, at: iso(now) }, head, asked)).toBe(approves);
  });
});

const occupancy: fc.Arbitrary<Occupancy> = fc.record({
  policy,
  places: fc
    .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })
    .map((numbers) => numbers.map((number) => ({ environment: `pr-${number}`, at: iso(now) }))),
  existing: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }).map((numbers) =>
    numbers.map((number) => ({
      environment: `pr-${number}`,
      pullRequest: number,
      createdAt: null,
      monthlyCents: 500,
    })),
  ),
  records: fc.dictionary(
    fc.integer({ min: 1, max: 9 }).map((number) => `pr-${number}`),
    record,
  ),
  centsOfOne: fc.constant(500),
  now: fc.constant(now),
});

describe('limits', () => {
  test("whoever is let in leaves the count, the author's share and the budget within their bounds", () => {
    fc.assert(
      fc.property(occupancy, fc.constantFrom('ada', 'bea'), (of, author) => {
        const environment = 'pr-77';
        if (roomFor(environment, author, of).kind !== 'free') return;
        const holders = holdersOf(of);
        expect(holders.length + 1).toBeLessThanOrEqual(of.policy.max);
        const own = holders.filter((one) => of.records[one]?.author === author).length;
        expect(own + 1).toBeLessThanOrEqual(of.policy.maxPerAuthor ?? 99);
        expect((holders.length + 1) * 500).toBeLessThanOrEqual(of.policy.budgetCents ?? 99_999);
      }),
      { numRuns: 2000 },
    );
  });

  test('first come, first served: while others wait longer, only places beyond theirs are given', () => {
    fc.assert(
      fc.property(occupancy, (of) => {
        const line = waitingLine(of);
        const free = of.policy.max - holdersOf(of).length;
        for (const [ahead, environment] of line.entries()) {
          const { kind } = roomFor(environment, of.records[environment]?.author ?? '', of);
          if (kind === 'free') expect(free).toBeGreaterThan(ahead);
          if (kind === 'waiting-for-place') expect(free).toBeLessThanOrEqual(ahead);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('whoever makes room was idle for long, and nobody reviewed or extended it', () => {
    fc.assert(
      fc.property(occupancy, (of) => {
        const found = roomFor('pr-77', 'grace', of);
        if (found.kind !== 'evict') return;
        const victim = of.records[found.victim];
        expect(of.policy.atCap).toBe('evict-oldest-idle');
        expect(victim !== undefined && mayBeEvicted(victim, now)).toBe(true);
        expect(Date.parse(victim?.extendedUntil ?? iso(0))).toBeLessThanOrEqual(now);
      }),
      { numRuns: 2000 },
    );
  });

  test('no activity ever shortens a life', () => {
    fc.assert(
      fc.property(record, time, (of, at) => {
        const later = of.activityAt > at ? of.activityAt : at;
        expect(goesAt({ ...of, activityAt: later }, policyOf())).toBeGreaterThanOrEqual(goesAt(of, policyOf()));
      }),
    );
  });
});
