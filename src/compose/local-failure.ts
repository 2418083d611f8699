import { Failure } from '../domain/errors.ts';

/** The emulated cloud knows nothing of our errors; its own carry the way out as `next`. */
export const asFailure = (error: unknown): never => {
  const next = error instanceof Error && 'next' in error && typeof error.next === 'string' ? error.next : undefined;
  if (!(error instanceof Error) || next === undefined) throw error;
  throw new Failure(error.message.replace(`. ${next}`, ''), {
    done: ['nothing was changed'],
    next: next.charAt(0).toLowerCase() + next.slice(1),
    cause: error,
  });
};
