import { Failure, LeaseHeldError } from '../../src/domain/errors.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { guardMutations } from '../../src/statefile/gate.ts';
import type { Lease } from '../../src/statefile/held-lease.ts';
import { acquireLease } from '../../src/statefile/lease.ts';
import { createProcess, createTimeline, type Draw, drawFrom, type Process, type Timeline } from './lease-world.ts';

/** One change to the cloud, when it took effect. */
export interface Mutation {
  readonly token: number;
  readonly who: number;
  readonly at: number;
}
export interface Contest {
  readonly mutations: readonly Mutation[];
  /** When each fencing token was taken. */
  readonly acquired: ReadonlyMap<number, number>;
  readonly refused: number;
  readonly killed: number;
}

export interface ContestWorld {
  readonly timeline: Timeline;
  readonly process: Process;
  readonly draw: Draw;
  readonly away: () => boolean;
  /** Told as soon as a token is taken where the leases lie, before its holder knows. */
  readonly took: (token: number) => void;
}

export interface ContestOptions {
  readonly seed: number;
  /** The leases as they lie on the other side; each process has its own way there. */
  readonly storeFor: (world: ContestWorld) => ObjectStore;
  readonly contenders?: number;
  /** False: requests leave without a look at the time that is left. */
  readonly guarded?: boolean;
  /** How far apart two clocks may be. */
  readonly apartMs?: number;
  /** How long a mutating request may take to arrive. */
  readonly requestMs?: number;
}

const ttlMs = 60_000;

/** Some processes take the lease, mutate, are paused, killed, cut off; what they changed and when. */
export const contest = async (options: ContestOptions): Promise<Contest> => {
  const { seed, storeFor, contenders = 3, guarded = true, apartMs = ttlMs / 3, requestMs = 15_000 } = options;
  const draw = drawFrom(seed);
  const timeline = createTimeline();
  const mutations: Mutation[] = [];
  const acquired = new Map<number, number>();
  const count = { refused: 0, killed: 0 };
  const outage = { from: timeline.now() + 400_000 * draw(), ms: draw() < 0.5 ? 90_000 * draw() : 0 };
  const away = (): boolean => timeline.now() >= outage.from && timeline.now() < outage.from + outage.ms;

  const took = (token: number): void => {
    if (!acquired.has(token)) acquired.set(token, timeline.now());
  };

  const contend = async (who: number): Promise<void> => {
    const process = createProcess(timeline, (draw() - 0.5) * apartMs);
    const store = storeFor({ timeline, process, draw, away, took });
    if (draw() < 0.3) timeline.at(timeline.now() + 200_000 * draw(), () => process.setClock((draw() - 0.5) * apartMs));
    const strike = (): void => {
      const dice = draw();
      if (dice < 0.1) process.pause(150_000 * draw());
      else if (dice < 0.107 && who > 0) {
        count.killed += 1;
        process.kill();
        return;
      }
      timeline.at(timeline.now() + 8_000 * draw(), strike);
    };
    timeline.at(timeline.now() + 8_000 * draw(), strike);

    const mutate = async (lease: Lease): Promise<void> => {
      await lease.check();
      // The intent is written meanwhile; some are stopped just then.
      if (draw() < 0.3) process.pause(80_000 * draw());
      await process.clock.sleep(1_000 * draw());
      const { fencingToken } = lease.record();
      const send = async (): Promise<Response> => {
        const arrivesAfterMs = draw() < 0.3 ? requestMs * draw() : 800 * draw();
        timeline.at(timeline.now() + arrivesAfterMs, () =>
          mutations.push({ token: fencingToken, who, at: timeline.now() }),
        );
        await process.clock.sleep(arrivesAfterMs + 100);
        return new Response();
      };
      const request = new Request('http://cloud.invalid/v1/servers', { method: 'POST' });
      await (guarded ? guardMutations(send, lease)(request) : send());
    };
    /** As with --wait: until the lease runs out by this process's own clock, or a look in between. */
    const waitFor = async (error: Failure): Promise<void> => {
      const left = Number(/(\d+) s from now/.exec(error.message)?.[1] ?? 5) * 1_000;
      await process.clock.sleep(draw() < 0.7 ? left : Math.min(left, 10_000 * draw()));
    };
    const turn = async (round: number): Promise<void> => {
      let lease: Lease;
      try {
        lease = await acquireLease({
          store,
          environment: 'production',
          clock: process.clock,
          random: seededRandom(seed * 1000 + who * 100 + round),
          holder: { host: `machine-${who}`, pid: who + 1, user: 'ada' },
          command: 'reconcile production',
          isAlive: () => true,
          ttlMs,
        });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return waitFor(error);
      }
      took(lease.record().fencingToken);
      try {
        for (let n = 1 + Math.floor(6 * draw()); n > 0; n -= 1) {
          await mutate(lease);
          if (draw() < 0.2) await process.clock.sleep(90_000 * draw());
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error instanceof LeaseHeldError) count.refused += 1;
      }
      await lease.release().catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
      });
    };
    await process.clock.sleep(5_000 * draw());
    for (let round = 0; round < 12; round += 1) {
      await turn(round);
      await process.clock.sleep(2_000 * draw());
    }
    process.kill();
  };
  const failures: unknown[] = [];
  for (let who = 0; who < contenders; who += 1) contend(who).catch((error: unknown) => failures.push(error));
  await timeline.run(1_200_000);
  if (failures.length > 0) throw failures[0];
  return { mutations, acquired, ...count };
};

/** What must never be: a change by an earlier holder after a later one has the lease; two holders under one token. */
export const violations = ({ mutations, acquired }: Contest): string[] => {
  const found: string[] = [];
  const owners = new Map<number, number>();
  for (const { token, who, at } of mutations) {
    if ((owners.get(token) ?? who) !== who)
      found.push(`token ${token} was given to ${owners.get(token)} and to ${who}`);
    owners.set(token, who);
    for (const [later, since] of acquired)
      if (later > token && since <= at)
        found.push(`${who} changed something under token ${token}, ${at - since} ms after token ${later} was taken`);
  }
  return found;
};
