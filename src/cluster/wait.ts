import { DeadlineError, Failure, LeaseHeldError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

/** What a look at the world found: done with a value, or what is still missing. */
export type Probed<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly detail: string };

export interface Wait<T> {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Pause after the first look; grows by half with each up to the longest. */
  readonly intervalMs?: { readonly first: number; readonly longest: number };
  /** How long a probe may throw without a break before its error ends the wait. */
  readonly patienceMs?: number;
  /** Looks once. A `Failure` marked by `fatal` ends the wait at once; any other error is waited out. */
  readonly probe: () => Promise<Probed<T>>;
  /** Called with what is missing, whenever that changes. */
  readonly progress: (detail: string) => void;
  /** What is waited for, for the error: `Consul and Nomad to form`. */
  readonly describe: string;
  /** The next command, for the error. */
  readonly next?: string;
}

/** An error that waiting does not heal. */
export class FatalProbeError extends Failure {}

const intervals = { first: 250, longest: 1_000 };
const growth = 1.5;
const jitter = 0.1;
const patience = 60_000;

/**
 * Level-triggered: each look starts from scratch, so a missed change is seen by the next one. Ends with the value, or
 * with DeadlineError naming the bound and what was missing last, or with the signal's reason.
 */
export const waitFor = async <T>(wait: Wait<T>): Promise<T> => {
  const { clock, signal } = wait;
  const startedAt = clock.now();
  const { first, longest } = wait.intervalMs ?? intervals;
  let pause = first;
  let said: string | undefined;
  let troubleSince: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const probed = await look(wait);
    if ('value' in probed) return probed.value;
    if (probed.detail !== said) wait.progress(probed.detail);
    said = probed.detail;
    const now = clock.now();
    troubleSince = probed.error === undefined ? undefined : (troubleSince ?? now);
    giveUpOnTrouble(wait, probed.error, troubleSince, now);
    const left = startedAt + wait.deadlineMs - now;
    if (left <= 0) throw overdue(wait, probed.detail);
    await clock.sleep(Math.min(left, pause * (1 + jitter * (wait.random.fraction() - 0.5))), signal);
    pause = Math.min(longest, pause * growth);
  }
};

type Look<T> = { readonly value: T } | { readonly detail: string; readonly error?: unknown };

const look = async <T>(wait: Wait<T>): Promise<Look<T>> => {
  try {
    const probed = await wait.probe();
    return probed.done ? { value: probed.value } : { detail: probed.detail };
  } catch (error) {
    // Without a lease nothing more may be changed, and waiting brings none.
    if (error instanceof FatalProbeError || error instanceof LeaseHeldError) throw error;
    return { detail: error instanceof Error ? error.message : String(error), error };
  }
};

const giveUpOnTrouble = (wait: Wait<unknown>, error: unknown, since: number | undefined, now: number): void => {
  const bound = wait.patienceMs ?? patience;
  if (error === undefined || since === undefined || now - since < bound) return;
  const because = error instanceof Error ? error.message : String(error);
  throw new Failure(`waiting for ${wait.describe} met nothing but errors for ${seconds(bound)}; the last: ${because}`, {
    cause: error,
    ...(wait.next === undefined ? {} : { next: wait.next }),
  });
};

const overdue = (wait: Wait<unknown>, detail: string): DeadlineError =>
  new DeadlineError(`waited ${seconds(wait.deadlineMs)} for ${wait.describe}; last seen: ${detail}`, {
    ...(wait.next === undefined ? {} : { next: wait.next }),
  });

const seconds = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);
