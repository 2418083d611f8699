/** Earlier documents lie beside the present one, each under the serial it had: `production.000012.json`. */
export const versionKey = (environment: string, serial: number): string =>
  `${environment}.${String(serial).padStart(6, '0')}.json`;

/** More runs back nobody has ever gone; a bucket with versioning keeps every write besides. */
export const versionsMax = 20;

/** The serial in the key of an earlier document of this environment; undefined for every other key. */
export const versionSerial = (environment: string, key: string): number | undefined => {
  const match = /^(.+)\.(\d{6,})\.json$/.exec(key);
  return match?.[1] === environment ? Number(match[2]) : undefined;
};
