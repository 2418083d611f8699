import { Failure } from '../domain/errors.ts';

/**
 * Some failures end the whole run, not one step: the lease is another's, the state or the journal can't be written.
 * Nothing new starts then; what has begun is brought to its end.
 */
export interface Halt {
  readonly reason: () => Failure | undefined;
  /** The same function, remembering its failure as the reason. */
  readonly on: <A extends readonly unknown[], T>(work: (...args: A) => Promise<T>) => (...args: A) => Promise<T>;
}

export const createHalt = (): Halt => {
  let reason: Failure | undefined;
  return {
    reason: () => reason,
    on:
      (work) =>
      async (...args) => {
        try {
          return await work(...args);
        } catch (error) {
          reason ??= asFailure(error);
          throw error;
        }
      },
  };
};

export const asFailure = (error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure(error instanceof Error ? error.message : String(error), { cause: error });
