import { StateError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Sealer } from '../ports/sealer.ts';

/** Throws StateError where secrets would lie in a shared store for everybody to read. `what`, plural: `the keys of production`. */
export const refusePlainText = (store: Pick<ObjectStore, 'shared' | 'place'>, sealer: Sealer, what: string): void => {
  if (!store.shared || sealer.recipients.length > 0) return;
  throw new StateError(
    `${what} would lie in plain text in ${store.place}, which others can read: infra.yaml names no recipients`,
    {
      done: ['nothing was written'],
      next: 'make a key, and write its recipient into state.recipients of infra.yaml: reconcile state keygen',
    },
  );
};
