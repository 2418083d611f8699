import type { PreviewRecord } from '../domain/preview.ts';

/** A commit that fails is tried so often in all; after that only a push, `/deploy` or `/redeploy` tries it again. */
export const triesMax = 4;
const firstWaitMs = 10 * 60_000;

/** From when on the same commit is tried again by itself: after 10, 30, 90 minutes. Infinity: not any more. */
export const retryAt = ({ at, tries }: NonNullable<PreviewRecord['failed']>): number =>
  tries >= triesMax ? Number.POSITIVE_INFINITY : Date.parse(at) + firstWaitMs * 3 ** (tries - 1);
