/**
 * Deterministic text of a value: keys sorted, undefined left out. Two equal values have one canonical text, so hashes
 * over it are stable across runs, machines and key orders.
 */
export const canonicalText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalText(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
};

/** SHA-256 as lower-case hex; passed in because the pure part may not import node:crypto. */
export type Hash = (text: string) => string;

/** 16 hex digits: short enough for a label, long enough not to collide within a project. */
export const fingerprintOf = (value: unknown, hash: Hash): string => hash(canonicalText(value)).slice(0, 16);
