/**
 * Money is whole cents. Hetzner sends decimal strings (`"4.5859000000000000"`); each billed object is rounded to the
 * cent, half up, and sums are sums of rounded lines, as on an invoice. So three servers of 4.59 cost 13.77.
 */
export const centsOf = (decimal: string): number => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal.trim());
  if (match === null) throw new RangeError(`not a decimal amount: ${decimal}`);
  const [, sign = '', whole = '0', fraction = ''] = match;
  const digits = `${fraction}000`.slice(0, 3);
  const rounded = Number(whole) * 100 + Math.floor((Number(digits) + 5) / 10);
  return sign === '-' ? -rounded : rounded;
};

/** Sums decimal strings exactly (to 16 digits) before they are rounded, e.g. a server and its IPv4 address. */
export const sumDecimals = (amounts: readonly string[]): string => {
  const scale = 10n ** 16n;
  let total = 0n;
  for (const amount of amounts) {
    const match = /^(\d+)(?:\.(\d+))?$/.exec(amount.trim());
    if (match === null) throw new RangeError(`not a decimal amount: ${amount}`);
    const [, whole = '0', fraction = ''] = match;
    total += BigInt(whole) * scale + BigInt(`${fraction}0000000000000000`.slice(0, 16));
  }
  return `${total / scale}.${(total % scale).toString().padStart(16, '0')}`;
};

/** `1377` → `€13.77`. */
export const formatCents = (cents: number): string => {
  const sign = cents < 0 ? '-' : '';
  const amount = Math.abs(cents);
  return `${sign}€${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
};
