import type { Chance } from './chance.ts';
import type { Process, Timeline } from './time.ts';

/** How likely it is that something goes wrong with one request, or with the process that sends it. */
export interface Weather {
  /** A request that never arrives; one whose reply never comes; one that takes many seconds. */
  readonly lost: number;
  readonly replyLost: number;
  readonly slow: number;
  /** The process dies right before, or right after, a writing request leaves. */
  readonly killed: number;
  /** It is stopped, for up to three times the life of a lease. */
  readonly paused: number;
  /** Only the cloud: a refusal that changes nothing, an empty budget, a list that breaks off, actions that fail or never end. */
  readonly refused: number;
  readonly rateLimited: number;
  readonly brokenList: number;
  readonly actionFails: number;
  readonly actionNeverEnds: number;
  readonly bootFails: number;
}
export const calm: Weather = {
  ...{ lost: 0, replyLost: 0, slow: 0, killed: 0, paused: 0, refused: 0, rateLimited: 0 },
  ...{ brokenList: 0, actionFails: 0, actionNeverEnds: 0, bootFails: 0 },
};

export interface WayOptions {
  readonly timeline: Timeline;
  readonly process: Process;
  readonly chance: Chance;
  readonly weather: Weather;
  /** Counts a fault that was met. */
  readonly met: (fault: string) => void;
  /** For the story: what happened to the process itself. */
  readonly tell: (text: string) => void;
}

export interface Call<T> {
  /** `store`, `cloud`: for the count of faults. */
  readonly to: string;
  readonly writes: boolean;
  /** Nothing gets through, now. */
  readonly away: () => boolean;
  readonly timeoutMs: number;
  readonly silence: () => Error;
  /** Carried out when the request is there. */
  readonly arrive: () => T;
}

/** The way of one process to something that answers. */
export type Way = <T>(call: Call<T>) => Promise<T>;

/** A mutating request is given up after 15 s (hetzner/transport.ts) and none is longer on its way. */
const slowMs = 12_000;
const pauseMsMax = 180_000;

export const createWay =
  ({ timeline, process, chance, weather, met, tell }: WayOptions): Way =>
  ({ to, writes, away, timeoutMs, silence, arrive }) =>
    new Promise((resolve, reject) => {
      const often = (probability: number): boolean => probability > 0 && chance.often(probability);
      const now = timeline.now();
      const strike = writes && often(weather.killed) ? chance.pick(['before', 'after']) : undefined;
      if (strike !== undefined) {
        met(`killed ${strike} a write to the ${to}`);
        tell(`is killed right ${strike} a write to the ${to}`);
      }
      if (strike === 'before') return process.kill();
      const fail = (): void => process.wake(now + timeoutMs, () => reject(silence()));
      const lost = often(weather.lost);
      const replyLost = often(weather.replyLost);
      const takesMs = often(weather.slow) ? slowMs * chance.draw() : 10 + 200 * chance.draw();
      if (strike === 'after') process.kill();
      if (often(weather.paused)) {
        const ms = Math.round(pauseMsMax * chance.draw());
        met('paused');
        tell(`is stopped for ${Math.round(ms / 1000)} s`);
        process.pause(ms);
      }
      if (lost) {
        met(`request to the ${to} lost`);
        return fail();
      }
      const answer = (): void => {
        try {
          resolve(arrive());
        } catch (error) {
          reject(error);
        }
      };
      if (!writes) {
        // Nobody else sees when a question arrives, so it is answered and read at one moment.
        process.wake(now + takesMs, () => (away() ? fail() : answer()));
        return;
      }
      timeline.at(now + takesMs, () => {
        if (away()) return fail();
        let outcome: () => void;
        try {
          const value = arrive();
          outcome = () => resolve(value);
        } catch (error) {
          outcome = () => reject(error);
        }
        if (replyLost) {
          met(`reply of the ${to} lost`);
          fail();
        } else process.wake(timeline.now() + 5, outcome);
      });
    });
