/**
 * Lifts a document of an older version to the present one, step by step. What it is not sure of it leaves as it is: the
 * schema says what is wrong.
 */
export const migrated = (document: unknown): unknown => {
  if (typeof document !== 'object' || document === null) return document;
  let current: Record<string, unknown> = { ...document };
  for (;;) {
    const step = steps[Number(current['schemaVersion'])];
    if (step === undefined) return current;
    current = step(current);
  }
};

const steps: Readonly<Record<number, (document: Record<string, unknown>) => Record<string, unknown>>> = {
  /** Version 2 brought `keys`; a document without them belongs to servers that were never bootstrapped by us. */
  1: (document) => ({ ...document, schemaVersion: 2 }),
  /** Version 3 brought fencing tokens, sealed secrets and the journal. Lower than any token: whoever comes may write. */
  2: (document) => ({ ...document, schemaVersion: 3, fencingToken: 0 }),
  /** Version 4 brought pinned images and what is remembered of pull requests; a document without them has none. */
  3: (document) => ({ ...document, schemaVersion: 4 }),
};
