import type { ObjectStore } from '../ports/object-store.ts';

/**
 * A store that pays no heed to conditions, with a look before each write. Between the look and the write another one
 * may write: this finds a run that came before, not one that comes in the same moment. What keeps two runs apart is the
 * lease, which must lie somewhere else then (state.s3.lease: hetzner). It is not to be tried out: the look would pass for
 * the store's own doing, and the verdict would be remembered.
 */
export const guardedByRead = ({ conditions: _own, ...store }: ObjectStore): ObjectStore => ({
  ...store,
  async putIfAbsent(key, text) {
    if ((await store.get(key)) !== undefined) return { ok: false, because: 'exists' };
    return store.putIfAbsent(key, text);
  },
  async putIfMatch(key, text, etag) {
    const found = await store.get(key);
    if (found === undefined) return { ok: false, because: 'absent' };
    if (found.etag !== etag) return { ok: false, because: 'moved' };
    return store.putIfMatch(key, text, etag);
  },
});
