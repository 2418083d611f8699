/** Chance, passed in: seeded in tests. */
export interface Random {
  /** A lower-case hex string of `bytes` random bytes. */
  hex(bytes: number): string;
  /** Uniform in [0, 1): jitter only. */
  fraction(): number;
}
