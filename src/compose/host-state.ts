import type { StateFile } from '../domain/statefile.ts';
import { readState } from '../statefile/read.ts';
import type { Context } from './context.ts';

/** The state of the environment whose servers a preview runs on, with its keys; null: there is none. */
export const hostState = async (
  { store, sealer, config }: Pick<Context, 'store' | 'sealer' | 'config'>,
  host: string,
): Promise<StateFile | null> => (await readState(store, host, config.project, sealer))?.state ?? null;
