import { LeaseHeldError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import { targetText } from './target-text.ts';

const leftMs = (record: LeaseRecord, now: number): number => Math.max(0, Date.parse(record.expiresAt) - now);

/** `ada@laptop (process 4711 on laptop, run 20261124T…)`. */
export const whoHolds = ({ holder, pid, host, run }: LeaseRecord): string =>
  `${holder} (process ${pid} on ${host}${run === undefined ? '' : `, run ${run}`})`;

/** `47 s left of its lease`: what a lease that is being waited for says of itself. */
export const leftOf = (record: LeaseRecord, now: number): string =>
  `its lease runs until ${record.expiresAt}, ${Math.ceil(leftMs(record, now) / 1000)} s from now`;

/** What belongs to no single environment is `pr` on the command line, as the secrets of all previews are. */
const targetOf = (environment: string): string => (environment === 'shared' ? 'pr' : targetText(environment));
const lookAt = (environment: string): string =>
  environment === 'shared' ? 'reconcile state show pr' : `reconcile plan ${targetText(environment)}`;

/**
 * Who, where, since when, for what, until when; and the commands to wait or to take over. `command`: what was asked
 * for, as typed, to be typed again.
 */
export const leaseHeld = (
  environment: string,
  record: LeaseRecord,
  now: number,
  command: string = `reconcile ${targetOf(environment)}`,
): LeaseHeldError =>
  new LeaseHeldError(
    `${environment} is being changed by ${whoHolds(record)} since ${record.acquiredAt}: ${record.command}. ${capital(leftOf(record, now))}, and is renewed while it works`,
    {
      held: environment,
      done: ['nothing was changed'],
      next: `wait for it: ${command} --wait 10m\nor take over, when you are sure that run is dead: reconcile state unlock ${targetOf(environment)}`,
    },
  );

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** This run held the lease and does no more. */
export const leaseLost = (environment: string, mine: LeaseRecord, now: LeaseRecord | undefined): LeaseHeldError =>
  new LeaseHeldError(
    `this run lost the lease on ${environment} that it took at ${mine.acquiredAt} (fencing token ${mine.fencingToken}): ${whatHappened(mine, now)}`,
    {
      done: ['nothing more was changed by this run'],
      next: `when the other run is done: ${lookAt(environment)}`,
    },
  );

const whatHappened = (mine: LeaseRecord, now: LeaseRecord | undefined): string => {
  if (now === undefined) return 'its document is gone';
  if (now.unlocked !== undefined && now.fencingToken === mine.fencingToken)
    return `${now.unlocked.by} ended it at ${now.unlocked.at} with state unlock`;
  return `${whoHolds(now)} has it since ${now.acquiredAt}: ${now.command}`;
};

/** Too little of the lease is left for a request that changes something, and it could not be renewed. */
export const leaseTooShort = (environment: string, restMs: number, neededMs: number): LeaseHeldError =>
  new LeaseHeldError(
    `this run stopped before its next change to ${environment}: ${Math.max(0, Math.floor(restMs / 1000))} s of its lease are left, and a change needs more than ${Math.ceil(neededMs / 1000)} s`,
    {
      done: ['nothing more was changed by this run'],
      next: `see what there is to do: ${lookAt(environment)}`,
    },
  );
