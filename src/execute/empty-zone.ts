import { CloudError, Failure } from '../domain/errors.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { StepContext } from './context.ts';
import type { DeleteEffect } from './settle.ts';

/** Hetzner's own, in every zone. */
const hetzners = ['SOA', 'NS'];

/**
 * A zone goes with all its records, and other environments may have put some into it since the plan was made: theirs is
 * no lease that this run holds. So it is looked at right before. Throws Failure when it is not empty.
 */
export const refuseUsedZone = async ({ id, name }: DeleteEffect, { cloud, again }: StepContext): Promise<void> => {
  const listing = await cloud.listRrsets({ id, name }).catch((error: unknown) => {
    if (error instanceof CloudError && error.code === 'not_found') return undefined;
    throw error;
  });
  if (listing === undefined) return;
  const records = listing.items.filter((item) => !isHetzners(item, name));
  if (records.length === 0 && listing.complete) return;
  const because = listing.complete
    ? `${records.map((record) => record.name).join(', ')} appeared in it after this plan was made`
    : `its records could not be listed: ${listing.because}`;
  throw new Failure(`zone ${name} stays, because ${because}`, {
    done: ['it was left as it is'],
    next: `${again}   (a new plan looks at what is there)`,
  });
};

/** Those of the zone itself; a subdomain's own NS is somebody's. */
const isHetzners = (item: AnyObservedItem, zone: string): boolean =>
  item.kind === 'rrset' && item.facts.zone === zone && item.facts.name === '@' && hetzners.includes(item.facts.type);
