import { z } from 'zod';
import { StateError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';

const leaseSchema = z.looseObject({
  holder: z.string(),
  host: z.string(),
  pid: z.int(),
  command: z.string(),
  run: z.string().optional(),
  acquiredAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  fencingToken: z.int().min(1),
  released: z.boolean(),
  nonce: z.string().optional(),
  pidNamespace: z.string().optional(),
  unlocked: z.object({ by: z.string(), at: z.iso.datetime() }).optional(),
});

export const encodeLease = (record: LeaseRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** Throws StateError for a text that is no lease: whether somebody works can't be told from it. */
export const decodeLease = (text: string, path: string): LeaseRecord => {
  try {
    return leaseSchema.parse(JSON.parse(text)) as LeaseRecord;
  } catch (error) {
    throw new StateError(`${path} is not a lease that can be read, so it can't be told whether a run is at work`, {
      done: ['nothing was changed'],
      next: `make sure that no run is at work, then remove ${path}`,
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
