import type { Fetch } from '../../src/ports/machines.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { storeBehind } from '../support/guarded-store.ts';

/**
 * A process that is killed after its nth write to Hetzner, or to its servers: nothing leaves it any more, and its lease is
 * not given back.
 */
export const createFuse = (nth: number, to: 'Hetzner' | 'servers' = 'Hetzner') => {
  let blown = false;
  let writes = 0;
  const guard = (): void => {
    if (blown) throw new Error('killed');
  };
  return {
    blown: () => blown,
    fetch:
      (inner: Fetch): Fetch =>
      async (request) => {
        guard();
        if (request.method === 'GET' || request.url.includes('_emulator') !== (to === 'servers')) return inner(request);
        writes += 1;
        const reply = await inner(request);
        blown = writes >= nth;
        guard();
        return reply;
      },
    store: (inner: ObjectStore): ObjectStore => storeBehind(inner, guard),
  };
};
