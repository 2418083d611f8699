import type { StateFile } from '../domain/statefile.ts';
import { isoNow } from '../ports/clock.ts';
import type { Lease } from '../statefile/held-lease.ts';
import { createStateWriter, type StateWriter } from '../statefile/write.ts';
import type { TargetContext } from './context.ts';
import { releaseQuietly } from './release-quietly.ts';
import { remember } from './remembered.ts';
import { takeAbove } from './take-above.ts';
import { tryStore } from './try-store.ts';

/** What the holder of a lease works with. */
export interface Writing {
  readonly lease: Lease;
  readonly writer: StateWriter;
  /** The state that the run begins with. */
  readonly began: StateFile | null;
}

/** Lease, state, writer for one piece of work; given back however it ends. Throws LeaseHeldError when another has it. */
export const underLease = async <T>(
  context: TargetContext,
  { command, run, signal }: { readonly command: string; readonly run: string; readonly signal?: AbortSignal },
  work: (writing: Writing) => Promise<T>,
): Promise<T> => {
  const { store, environment, config, clock, random, sealer, reporter, leases, gate } = context;
  const wanted = { environment: environment.name, command, run, ...(signal === undefined ? {} : { signal }) };
  let lease = await leases.take(wanted);
  try {
    const { loaded, state, recovered, superseded } = await remember(context);
    lease = await takeAbove(leases, lease, wanted, state);
    // Found out once; what follows must be safe from a second holder.
    const verdict = await tryStore(context, state?.store);
    gate.open(lease);
    const writer = createStateWriter({
      store,
      loaded,
      ...(recovered === null || state === null ? {} : { recovered: state }),
      project: config.project,
      environment: environment.name,
      environmentType: environment.type,
      writtenBy: context.version,
      fencingToken: lease.record().fencingToken,
      run: { run, holder: lease.record().holder, command, startedAt: isoNow(clock) },
      sealer,
      clock,
      random,
    });
    if (recovered !== null) await takeIn(context, writer, recovered);
    if (superseded !== null)
      reporter.notice(`${superseded} is older than the state: put aside as ${await putAside(context)}`);
    if (verdict !== undefined && verdict !== state?.store) writer.note((known) => ({ ...known, store: verdict }));
    context.keyRing.attach(writer);
    context.secrets.attach(writer);
    return await work({ lease, writer, began: state });
  } finally {
    gate.close();
    context.keyRing.detach();
    context.secrets.detach();
    await giveBack(lease, context);
  }
};

/** What an earlier run could not store is stored before anything else is done. */
const takeIn = async ({ recovery, environment, reporter }: TargetContext, writer: StateWriter, path: string) => {
  await writer.flush();
  await recovery.remove(environment.name);
  reporter.notice(`${path} was taken in: what an earlier run could not write is in the state now`);
};

const putAside = ({ recovery, environment }: TargetContext): Promise<string> => recovery.putAside(environment.name);

/**
 * What is still on its way may arrive after the lease is another's: so it is not given back, and outlasts the request
 * by what `mayMutate` asked for.
 */
export const giveBack = async (
  lease: Lease,
  { gate, reporter }: Pick<TargetContext, 'gate' | 'reporter'>,
): Promise<void> => {
  const flying = gate.inFlight();
  if (flying > 0) {
    lease.leave();
    const requests = flying === 1 ? 'a request is' : `${flying} requests are`;
    reporter.notice(`${requests} still on the way: the lease is not given back, and runs out by itself`);
    return;
  }
  await releaseQuietly(lease, reporter);
};
