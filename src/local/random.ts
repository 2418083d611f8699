import { randomBytes } from 'node:crypto';
import type { Random } from '../ports/random.ts';

/** The operating system's randomness. */
export const systemRandom: Random = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};

/** The same seed gives the same sequence (mulberry32): for tests and replayed simulations, never for secrets. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const byte = () => Math.floor(next() * 256);
  return {
    hex: (bytes) => Array.from({ length: bytes }, () => byte().toString(16).padStart(2, '0')).join(''),
    fraction: next,
  };
};
