import { z } from 'zod';
import { LeaseHeldError, StateError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import { targetText } from './target-text.ts';

const leaseSchema = z.looseObject({
  holder: z.string(),
  host: z.string(),
  pid: z.int(),
  command: z.string(),
  acquiredAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  fencingToken: z.int().min(1),
  released: z.boolean(),
  nonce: z.string().optional(),
  pidNamespace: z.string().optional(),
});

export const encodeLease = (record: LeaseRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** Throws StateError for a text that is no lease: whether somebody works can't be told from it. */
export const decodeLease = (text: string, path: string): LeaseRecord => {
  try {
    return leaseSchema.parse(JSON.parse(text)) as LeaseRecord;
  } catch (error) {
    throw new StateError(`${path} is not a lease that can be read, so it can't be told whether a run is at work`, {
      done: ['nothing was changed'],
      next: `make sure that no run is at work, then remove it: rm ${path}`,
      cause: error,
    });
  }
};

export type Standing = 'free' | 'expired' | 'dead' | 'held';

export interface Asker {
  readonly host: string;
  readonly pidNamespace: string | undefined;
  readonly isAlive: (pid: number) => boolean;
}

/** What a stored lease means to someone who wants it at `now`. A crash needs no human: its lease is `dead` or `expired`. */
export const standingOf = (record: LeaseRecord, now: number, asker: Asker): Standing => {
  if (record.released) return 'free';
  if (now >= Date.parse(record.expiresAt)) return 'expired';
  const samePids = record.host === asker.host && record.pidNamespace === asker.pidNamespace;
  if (samePids && !asker.isAlive(record.pid)) return 'dead';
  return 'held';
};

/** Who, where, since when, for what, until when; and what can be done meanwhile. */
export const leaseHeld = (environment: string, record: LeaseRecord, now: number): LeaseHeldError => {
  const left = Math.max(0, Math.ceil((Date.parse(record.expiresAt) - now) / 1000));
  return new LeaseHeldError(
    `${environment} is being changed by ${record.holder} (process ${record.pid} on ${record.host}) since ${record.acquiredAt}: ${record.command}. Its lease runs until ${record.expiresAt}, ${left} s from now, and is renewed while it works`,
    {
      done: ['nothing was changed'],
      next: `wait for it, or look without changing anything: reconcile plan ${targetText(environment)}`,
    },
  );
};

/** This run held the lease and does no more. */
export const leaseLost = (environment: string, mine: LeaseRecord, now: LeaseRecord | undefined): LeaseHeldError => {
  const who =
    now === undefined
      ? 'its document is gone'
      : `${now.holder} (process ${now.pid} on ${now.host}) has it since ${now.acquiredAt}: ${now.command}`;
  return new LeaseHeldError(
    `this run lost the lease on ${environment} that it took at ${mine.acquiredAt} (fencing token ${mine.fencingToken}): ${who}`,
    {
      done: ['nothing more was changed by this run'],
      next: `when the other run is done: reconcile plan ${targetText(environment)}`,
    },
  );
};
