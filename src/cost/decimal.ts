/** Exact arithmetic on Hetzner's decimal strings: 16 digits after the point, as many as the API sends. */
const digits = 16;
const scale = 10n ** BigInt(digits);

/** Throws RangeError for anything but a non-negative decimal. */
export const parseDecimal = (text: string): bigint => {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (match === null) throw new RangeError(`not a decimal amount: ${text}`);
  const [, whole = '0', fraction = ''] = match;
  return BigInt(whole) * scale + BigInt(fraction.padEnd(digits, '0').slice(0, digits));
};

/** `amount × percent ÷ 100`, both scaled. */
export const percentOf = (amount: bigint, percent: string): bigint => (amount * parseDecimal(percent)) / (100n * scale);

/** Whole cents, half up: what one line of an invoice shows. */
export const toCents = (amount: bigint): number => Number((amount * 100n + scale / 2n) / scale);
