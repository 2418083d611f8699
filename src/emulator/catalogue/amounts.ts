import type { Amount } from '../../hetzner/wire/pricing.ts';

const scale = 10n ** 16n;

const parse = (decimal: string): bigint => {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole) * scale + BigInt(fraction.padEnd(16, '0').slice(0, 16));
};
const print = (value: bigint, digits: number): string => {
  const unit = 10n ** BigInt(16 - digits);
  const rounded = (value + unit / 2n) / unit;
  const one = 10n ** BigInt(digits);
  return `${rounded / one}.${(rounded % one).toString().padStart(digits, '0')}`;
};

/** Net as the API prints it, gross = net × (1 + VAT), exactly. `vatPercent` like `21` or `7.5`. */
export const amount = (net: string, vatPercent: number): Amount => {
  const factor = BigInt(Math.round(vatPercent * 100)) + 10_000n;
  const exact = parse(net);
  return { net: print(exact, 10), gross: print((exact * factor) / 10_000n, 16) };
};

/** Monthly price spread over 624 hours, four digits: cx33 at 6.49 shows 0.0104 an hour (API, 2026-05-27). */
export const hourlyOf = (monthlyNet: string): string => print(parse(monthlyNet) / 624n, 4);

/** Net times a percentage, e.g. US prices as 108 % of the EU's; two digits. */
export const percentOf = (net: string, percent: number): string =>
  print((parse(net) * BigInt(Math.round(percent))) / 100n, 2);
