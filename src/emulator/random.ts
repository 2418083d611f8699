/** Chance that can be saved: the state is one 32-bit number kept in the world. */
export interface Randomness {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Lower-case hex of `bytes` bytes. */
  hex(bytes: number): string;
  /** Letters and digits, as in Hetzner's passwords and tokens. */
  text(length: number): string;
}

/** mulberry32: small, fast, good enough for a world that must be reproducible, useless for secrets. */
export const randomness = (state: { random: number }): Randomness => {
  const fraction = (): number => {
    state.random = (state.random + 0x6d2b79f5) >>> 0;
    let t = state.random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (bound: number): number => Math.floor(fraction() * bound);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return {
    fraction,
    below,
    hex: (bytes) => Array.from({ length: bytes }, () => below(256).toString(16).padStart(2, '0')).join(''),
    text: (length) => Array.from({ length }, () => alphabet[below(alphabet.length)]).join(''),
  };
};
