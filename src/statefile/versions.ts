/** Earlier documents lie beside the present one, each under the serial it had: `production.000012.json`. */
export const versionKey = (environment: string, serial: number): string =>
  `${environment}.${String(serial).padStart(6, '0')}.json`;

/** More runs back nobody has ever gone; a bucket with versioning keeps every write besides. */
export const versionsMax = 20;

/** The serials that are kept once the document of this one is kept as well, oldest first, and those that go for it. */
export const versionsWith = (
  kept: readonly number[] | undefined,
  serial: number,
): { readonly stay: readonly number[]; readonly go: readonly number[] } => {
  const all = [...(kept ?? []), serial];
  return { stay: all.slice(-versionsMax), go: all.slice(0, -versionsMax) };
};

/** The serial in the key of an earlier document of this environment; undefined for every other key. */
export const versionSerial = (environment: string, key: string): number | undefined => {
  const match = /^(.+)\.(\d{6,})\.json$/.exec(key);
  return match?.[1] === environment ? Number(match[2]) : undefined;
};

/** Where a document is put aside that could not be read. `mark`: a few letters that stand for its content. */
export const damagedKey = (environment: string, mark: string): string => `${environment}.damaged-${mark}.json`;

export const isDamagedKey = (environment: string, key: string): boolean =>
  key.startsWith(`${environment}.damaged-`) && key.endsWith('.json');

/** Those of one environment among the keys of a store, newest first. */
export const versionsAmong = (keys: readonly string[], environment: string): number[] =>
  keys.flatMap((key) => versionSerial(environment, key) ?? []).sort((a, b) => b - a);
