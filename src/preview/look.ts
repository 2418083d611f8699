import { Failure } from '../domain/errors.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { act } from './act.ts';
import { type Asked, type Cloud, environmentOf, errorOf, type Life, type Looked, nowOf } from './context.ts';
import { waitsNoMore, waitsSince } from './records.ts';
import { show } from './show.ts';
import { type Seeing, type Sight, sightOf } from './sight.ts';

/** What whoever wants a look knows already. */
export interface Given {
  /** Just asked for: it is not asked for again before something changes. */
  readonly pullRequest?: PullRequest | null;
  /** It came from a list, which may be older than an event: asked for by itself before anything is destroyed. */
  readonly listed?: boolean;
  /** The record was made a moment ago by the same event. */
  readonly first?: boolean;
  readonly asked?: Asked;
  readonly cloud?: Cloud;
  /** false: a list that everything hangs on did not come whole. */
  readonly mayDestroy?: boolean;
  /** The host answered for the repository as a whole, so a number that it does not know is none. */
  readonly sure?: boolean;
  /** Somebody says that it should be there, so the cloud is asked whether it is. */
  readonly doubts?: boolean;
  /** One request is set aside for a reply, should the head turn out to need an approval. */
  readonly repliesUnapproved?: boolean;
  /** false: do not wait for another run that is at it. */
  readonly waits?: boolean;
  /** Requests before the event began. */
  readonly usedBefore?: number;
}

/** One look in progress. */
export interface Looking extends Seeing {
  readonly environment: string;
  readonly given: Given;
  readonly did: string[];
  /** Those that were begun. */
  deploys: number;
  readonly problems: Error[];
  /** Requests to the host before this event, or before the work of a later one began. */
  usedBefore: number;
  held: string | null;
  /** Why there is no place, in the words of whoever gives them out. */
  message: string | null;
  /** Whoever made room for this one; they are looked at next. */
  readonly evicted: number[];
  /** Pull requests whose reviews were asked for, and when. */
  readonly reviewsAsked: Map<number, number>;
  /** Asked for right before a change, so newer than what the look began with. */
  fresh: PullRequest | null | undefined;
}

export type LookResult = Looked & Pick<Looking, 'evicted'>;

/**
 * Looks, judges, acts, and looks again until nothing is left to do: what changed while a server was made is seen by
 * whoever made it. Then says so at the code host. Never throws: what went wrong is in the result.
 */
export const look = async (life: Life, number: number, given: Given = {}): Promise<LookResult> => {
  const looking = begin(life, number, given);
  let sight: Sight | null = null;
  try {
    sight = await settle(looking);
    await tell(looking, sight);
  } catch (error) {
    looking.problems.push(errorOf(error));
  }
  const { environment, did, held, problems, evicted } = looking;
  const head = sight?.pullRequest?.headSha ?? null;
  return { pullRequest: number, environment, verdict: sight?.verdict ?? null, head, did, held, problems, evicted };
};

const begin = (life: Life, number: number, given: Given): Looking => ({
  life,
  number,
  environment: environmentOf(number),
  given,
  asked: given.asked ?? new Map(),
  doubts: given.doubts === true,
  cloud: given.cloud,
  did: [],
  deploys: 0,
  problems: [],
  usedBefore: given.usedBefore ?? life.host.usage().requests,
  held: null,
  message: null,
  evicted: [],
  reviewsAsked: new Map(),
  fresh: given.pullRequest,
});

const roundsMax = 3;
/** Between tries while another run is at it; it has minutes to go when it creates a server. Milliseconds. */
const heldWaitsMs = [5_000, 15_000, 45_000, 90_000] as const;

const settle = async (looking: Looking): Promise<Sight> => {
  const { life, number, given } = looking;
  let old: 'listed' | 'held' | null = given.listed === true ? 'listed' : null;
  let first = given.first === true;
  let tries = 0;
  for (let rounds = 0; ; ) {
    const pullRequest = looking.fresh === undefined ? await life.host.pullRequest(number) : looking.fresh;
    looking.fresh = undefined;
    const seen = await sightOf(looking, pullRequest);
    first ||= seen.first;
    const sight = { ...seen, first };
    const { action } = sight.verdict;
    const isStill = action === 'keep' || action === 'none';
    // Before a deploy it is asked for anyway, right before the first change.
    if (action !== 'deploy' && (old === 'held' || (old === 'listed' && !isStill))) {
      old = null;
      continue;
    }
    if (isStill) return noted(looking, sight);
    if (rounds === roundsMax) {
      looking.problems.push(stillMoving(looking.environment));
      return sight;
    }
    const { deploys } = looking;
    const used = life.host.usage().requests - 1;
    const acted = await act(looking, sight);
    // A push came while the one before was deployed: this was the work of its event, which finds nothing left to do.
    if (deploys > 0 && looking.deploys > deploys) looking.usedBefore = used;
    if (acted !== 'again' && acted !== 'held' && acted !== 'reviewed') return { ...sight, verdict: acted };
    if (acted === 'reviewed') looking.fresh ??= pullRequest;
    else if (acted === 'again') {
      rounds += 1;
      old = null;
    } else {
      const wait = given.waits === false ? undefined : heldWaitsMs[tries];
      if (wait === undefined) return sight;
      tries += 1;
      await life.clock.sleep(wait);
      looking.held = null;
      looking.cloud = given.cloud;
      if (action !== 'deploy') continue;
      looking.fresh ??= pullRequest;
      old = 'held';
    }
  }
};

/** Who waits for a place keeps its turn from the first time on; who does not want one has none. */
const noted = async (looking: Looking, sight: Sight): Promise<Sight> => {
  const { life, environment } = looking;
  const { verdict, record } = sight;
  if (record === undefined) return sight;
  const because = verdict.action === 'none' ? verdict.because : null;
  const waits = because === 'waiting-for-place' || because === 'author-limit' || because === 'budget';
  if (waits === (record.waitingSince !== undefined)) return sight;
  const written = await life.world.record(environment, (before) =>
    before === undefined ? undefined : waits ? waitsSince(before, nowOf(life)) : waitsNoMore(before),
  );
  return { ...sight, record: written };
};

const tell = async (looking: Looking, sight: Sight): Promise<void> => {
  const { life, environment, given, held, message, usedBefore } = looking;
  // Whoever holds it looks again when it is done, and knows more than we do.
  if (held !== null) return;
  const { pullRequest, verdict, places, first } = sight;
  const records = await life.world.records();
  const record = records[environment];
  if (pullRequest === null || record === undefined) return;
  const unapproved = 'because' in verdict && verdict.because === 'waiting-for-approval';
  const setAside = given.repliesUnapproved === true && unapproved ? 1 : 0;
  const finding = { pullRequest, record, verdict, places, records, first, message };
  looking.problems.push(...(await show(life, finding, usedBefore - setAside)));
};

const stillMoving = (environment: string): Failure =>
  new Failure(`${environment} was wanted otherwise each time it was looked at, ${roundsMax} times in a row`, {
    done: ['everything that was decided was carried out'],
    next: 'reconcile sweep',
  });
