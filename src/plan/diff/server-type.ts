import type { ServerFacts } from '../../domain/observation.ts';
import type { Placement, Reason } from '../../domain/plan.ts';
import { reason } from '../describe.ts';
import type { Sight } from '../sight.ts';

/* What keeps a server from getting another type in place. */

const typesOf = (facts: ServerFacts, { type }: Placement, sight: Sight) =>
  [facts.type, type].map((name) => sight.catalogue?.serverTypes.find((one) => one.name === name));

export const otherArchitecture = (facts: ServerFacts, placement: Placement, sight: Sight): Reason[] => {
  const to = typesOf(facts, placement, sight)[1]?.architecture ?? facts.architecture;
  if (to === facts.architecture) return [];
  const why = `${placement.type} is ${to}: a disk cannot change its architecture`;
  return [reason('type', why, facts.type, placement.type)];
};

/**
 * A type change keeps the disk and cannot shrink it (docs.hetzner.cloud, change type). Wiping a disk because somebody
 * made a server larger by hand would be a bad surprise, so that is left to the user.
 */
export const smallerDisk = (facts: ServerFacts, placement: Placement, sight: Sight): Reason | undefined => {
  const [from, to] = typesOf(facts, placement, sight);
  if (from === undefined || to === undefined || to.diskGb >= from.diskGb || to.architecture !== from.architecture)
    return undefined;
  const why = `the disk of ${to.name} is smaller, ${to.diskGb} GB instead of ${from.diskGb} GB, and disks cannot shrink`;
  return reason('type', why, from.name, to.name);
};
