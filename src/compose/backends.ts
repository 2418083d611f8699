import { Failure } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { MigrationPlan, Prepared, StoreReport } from '../ports/state-access.ts';
import { probeStore, refuseUnshareable } from '../statefile/probe.ts';
import type { Context } from './context.ts';
import { prepareMigration } from './migrating.ts';
import type { Backend } from './move.ts';

/** The stores that infra.yaml names, whichever of them is in use. */
export interface Backends {
  /** Throws Failure for one that the file does not describe. */
  open(backend: Backend): ObjectStore;
  /** Makes the bucket and turns its versions on; undefined: the file names none. */
  readonly makeBucket?: () => Promise<{ readonly bucket: 'made' | 'there'; readonly versioning: string }>;
}

/** Makes the place of the states, and tries it out. Run twice, it changes nothing. */
export const initStore = async (context: Context): Promise<StoreReport> => {
  const { backends, clock, random, config } = context;
  if (backends === undefined) throw inOnePlace('nothing has to be made');
  const made = await backends.makeBucket?.();
  const store = made === undefined ? context.store : backends.open('s3');
  const verdict = await probeStore(store, { clock, random });
  return {
    place: store.place,
    made: made?.bucket ?? 'there',
    versioning: made?.versioning ?? null,
    honours: verdict,
    refused: config.state?.s3?.lease === 'hetzner' ? null : refusalOf(() => refuseUnshareable(verdict)),
  };
};

const refusalOf = (check: () => void): StoreReport['refused'] => {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { message: error.message, ...(error.next === undefined ? {} : { next: error.next }) };
  }
};

/** Both stores are described in infra.yaml; which of them is in use now does not matter. */
export const prepareMove = async (context: Context, to: Backend): Promise<Prepared<MigrationPlan, void>> => {
  const { backends } = context;
  if (backends === undefined) throw inOnePlace('nothing can move');
  const [source, target] = to === 's3' ? (['local', 's3'] as const) : (['s3', 'local'] as const);
  return prepareMigration({ context, to, source: backends.open(source), target: backends.open(target) });
};

const inOnePlace = (what: string): Failure =>
  new Failure(`--local keeps its world and the states of it in one directory: ${what}`, {
    done: ['nothing was changed'],
    next: 'run the same command without --local',
  });
