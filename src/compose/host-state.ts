import type { Environment } from '../domain/environment.ts';
import type { StateFile } from '../domain/statefile.ts';
import { readState } from '../statefile/read.ts';
import type { Context } from './context.ts';

export type Host = NonNullable<Environment['host']>;

/** The state of the environment whose servers a preview runs on, with its keys, where such states lie; null: there is none. */
export const hostState = async (context: Context, host: Host): Promise<StateFile | null> => {
  const { store, sealer, config } = context.contextFor(host);
  return (await readState(store, host, config.project, sealer))?.state ?? null;
};
