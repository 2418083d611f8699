import type { ObjectStore } from '../../src/ports/object-store.ts';

/** The same store; `guard` runs before each call, and may throw. */
export const storeBehind = (inner: ObjectStore, guard: () => void): ObjectStore =>
  new Proxy(inner, {
    get: (target, key, receiver) => {
      const member: unknown = Reflect.get(target, key, receiver);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]) => {
        guard();
        return (member as (...args: unknown[]) => unknown).apply(target, given);
      };
    },
  });
