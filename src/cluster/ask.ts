import { Failure, LeaseHeldError } from '../domain/errors.ts';
import type { CatalogAccess, JobScheduler, SchedulerAccess, ServiceCatalog } from '../ports/job-scheduler.ts';
import type { Machines, MachineTarget } from '../ports/machines.ts';

/** Consul and Nomad behind one server. */
export interface Connection {
  readonly scheduler: JobScheduler;
  readonly catalog: ServiceCatalog;
  /** Both with the management tokens. */
  readonly catalogAccess: CatalogAccess;
  readonly schedulerAccess: SchedulerAccess;
}
export type Connect = (target: MachineTarget, machines: Machines) => Connection;

/** One server's error, with its name. */
export interface Unanswered {
  readonly server: string;
  readonly error: unknown;
}

/** The first server that answers the question; asked in turn, since any one of them speaks for the cluster. */
export const askInTurn = async <T>(
  targets: readonly MachineTarget[],
  question: (target: MachineTarget) => Promise<T>,
): Promise<T> => {
  const unanswered: Unanswered[] = [];
  for (const target of targets) {
    try {
      return await question(target);
    } catch (error) {
      // No other server answers what may not be asked any more.
      if (error instanceof LeaseHeldError) throw error;
      unanswered.push({ server: target.name, error });
    }
  }
  throw new Failure(whyNot(unanswered), { cause: unanswered[0]?.error });
};

const whyNot = (unanswered: readonly Unanswered[]): string =>
  unanswered.length === 0
    ? 'there is no server to ask'
    : unanswered
        .map(({ server, error }) => `${server}: ${error instanceof Error ? error.message : String(error)}`)
        .join('; ');
