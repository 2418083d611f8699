import { LeaseHeldError } from '../domain/errors.ts';
import type { OpenMachines } from '../ports/entry.ts';
import type { Fetch } from '../ports/machines.ts';
import type { Lease } from './held-lease.ts';

/**
 * Stands before everything that a run can change things through. The adapters are built before there is a lease, so it
 * is opened later. A process may be stopped between the check of its lease and its request (SIGSTOP, a laptop's lid, a
 * long pause of the virtual machine): so the time is read once more right before a request leaves.
 */
export interface MutationGate {
  /**
   * From now on requests may change something, as long as this lease has time, and each other that was opened with.
   * Returns what takes it out again.
   */
  open(lease: Opening): () => void;
  /** Nothing that changes something leaves any more. */
  close(): void;
  /** Reads pass. Whatever else needs an open gate, and time: renewed first when it is short; LeaseHeldError without. */
  guard(fetch: Fetch): Fetch;
  /** The same for files and requests to machines. */
  guardMachines(machines: OpenMachines): OpenMachines;
  /** Requests that change something and have left without an answer so far. */
  inFlight(): number;
}

type Opening = Pick<Lease, 'check' | 'mayMutate' | 'tooShort'>;

export const createGate = (): MutationGate => {
  const leases = new Set<Opening>();
  let flying = 0;
  /** Nothing may come between the last look at the time and `send`: not even a turn of the event loop. */
  const pass = async <T>(send: () => Promise<T>): Promise<T> => {
    for (const lease of leases) if (!lease.mayMutate()) await lease.check();
    if (leases.size === 0) throw closed();
    for (const lease of leases) if (!lease.mayMutate()) throw lease.tooShort();
    flying += 1;
    try {
      return await send();
    } finally {
      flying -= 1;
    }
  };
  const guard =
    (fetch: Fetch): Fetch =>
    (request) =>
      isRead(request) ? fetch(request) : pass(() => fetch(request));
  return {
    open: (lease) => {
      leases.add(lease);
      return () => void leases.delete(lease);
    },
    close: () => leases.clear(),
    guard,
    guardMachines: (machines) => ({
      bootStatus: (target) => machines.bootStatus(target),
      logTail: (target, unit, lines) => machines.logTail(target, unit, lines),
      close: () => machines.close(),
      fetchThrough: (target, trust) => guard(machines.fetchThrough(target, trust)),
      deliver: (target, files) => pass(() => machines.deliver(target, files)),
      readFiles: (target, paths) => machines.readFiles(target, paths),
      placeFile: (target, file) => pass(() => machines.placeFile(target, file)),
      removeFile: (target, path) => pass(() => machines.removeFile(target, path)),
      enter: async (identity) => {
        const entry = await machines.enter(identity);
        return { ...entry, admit: (...who) => pass(() => entry.admit(...who)) };
      },
    }),
    inFlight: () => flying,
  };
};

/** For one lease that is there already. */
export const guardMutations = (fetch: Fetch, lease: Opening): Fetch => {
  const gate = createGate();
  gate.open(lease);
  return gate.guard(fetch);
};

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

const closed = (): LeaseHeldError =>
  new LeaseHeldError('a request that changes something was held back: this run holds no lease (any more)', {
    done: ['it was not sent'],
    next: 'run the same command again',
  });
