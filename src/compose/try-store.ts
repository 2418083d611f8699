import type { StoreVerdict } from '../domain/store-verdict.ts';
import { verdictOf } from '../statefile/probe.ts';
import type { Context } from './context.ts';

/** Before the first write of whatever changes a state: throws StoreError when the store can't be shared. */
export const tryStore = (
  { store, clock, random, config }: Pick<Context, 'store' | 'clock' | 'random' | 'config'>,
  remembered: StoreVerdict | undefined,
): Promise<StoreVerdict | undefined> =>
  verdictOf(store, remembered, { clock, random, lease: config.state?.s3?.lease ?? 'store' });
