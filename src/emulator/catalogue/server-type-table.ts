import type { Step } from './steps.ts';

/** Where and until when a type is sold; `in: 'all'` means everywhere it is listed. */
export interface TypeDeprecation {
  readonly announced: string;
  readonly unavailableAfter: string;
  readonly in: 'all' | readonly string[];
}
export interface ServerTypeRow {
  readonly id: number;
  readonly name: string;
  /** cores, memory GB, disk GB */
  readonly size: readonly [number, number, number];
  readonly line: 'cx' | 'cpx' | 'cax' | 'ccx';
  readonly sold: 'eu' | 'all' | 'eu+sin';
  readonly since: string;
  readonly deprecation?: TypeDeprecation;
  /** After this day the type is found by id only (cx22: reports from 2026-01-02 on). */
  readonly goneFromLists?: string;
  /** Included EU traffic in TB. */
  readonly trafficTb: number;
  /** Net EUR a month in the EU, without IPv4. */
  readonly prices: readonly Step<string>[];
}

const start = '2024-06-06';
const autumn = '2025-10-16';
const april = '2026-04-01';
const june = '2026-06-15';
const oldCx = { announced: autumn, unavailableAfter: '2026-01-01', in: 'all' } as const;
const oldCpx = { announced: autumn, unavailableAfter: '2026-01-01', in: ['fsn1', 'nbg1', 'hel1', 'sin'] } as const;
/** One price from `since` on, then the raises that are known. */
const priced = (since: string, first: string, inApril?: string, inJune?: string): readonly Step<string>[] => [
  { from: since, value: first },
  ...(inApril === undefined ? [] : [{ from: april, value: inApril }]),
  ...(inJune === undefined ? [] : [{ from: june, value: inJune }]),
];

type Size = readonly [number, number, number];
const oldCxRow = (id: number, name: string, size: Size, net: string): ServerTypeRow => ({
  ...{ id, name, size, line: 'cx', sold: 'eu', since: start, deprecation: oldCx, goneFromLists: '2026-01-01' },
  trafficTb: 20,
  prices: priced(start, net),
});
const oldCpxRow = (id: number, name: string, size: Size, net: string): ServerTypeRow => ({
  ...{ id, name, size, line: 'cpx', sold: 'all', since: start, deprecation: oldCpx, trafficTb: 20 },
  prices: priced(start, net),
});
const row = (
  line: ServerTypeRow['line'],
  id: number,
  name: string,
  size: Size,
  trafficTb: number,
  since: string,
  prices: readonly [string, string?, string?],
): ServerTypeRow => ({
  ...{ id, name, size, line, trafficTb, since },
  sold: line === 'ccx' ? 'all' : line === 'cpx' ? 'eu+sin' : 'eu',
  prices: priced(since, ...prices),
});

/*
 * Sources. 2024-12: hetzner.com/cloud price list of that winter, which included IPv4 (cx22 3.79 = 3.29 + 0.50).
 * 2026-06-15: mixxor/eu-cloud-prices of 2026-08-17, gross of 19 % less IPv4. 2026-04-01: cx23, cx33, cpx22, ccx13 as
 * announced; the other April prices and ccx43-63 of June follow their line's step and are believed, not read.
 * Ids are the API's where seen (cx23 114); those of a line are consecutive.
 */
export const serverTypeTable: readonly ServerTypeRow[] = [
  {
    id: 1,
    name: 'cx11',
    size: [1, 2, 20],
    line: 'cx',
    sold: 'eu',
    since: '2018-01-18',
    deprecation: { announced: '2024-06-06', unavailableAfter: '2024-09-06', in: 'all' },
    goneFromLists: '2024-09-06',
    trafficTb: 20,
    prices: [{ from: '2018-01-18', value: '2.77' }],
  },
  oldCxRow(104, 'cx22', [2, 4, 40], '3.29'),
  oldCxRow(105, 'cx32', [4, 8, 80], '6.30'),
  oldCxRow(106, 'cx42', [8, 16, 160], '15.90'),
  oldCxRow(107, 'cx52', [16, 32, 320], '31.90'),
  oldCpxRow(22, 'cpx11', [2, 2, 40], '3.85'),
  oldCpxRow(23, 'cpx21', [3, 4, 80], '7.05'),
  oldCpxRow(24, 'cpx31', [4, 8, 160], '13.10'),
  oldCpxRow(25, 'cpx41', [8, 16, 240], '24.70'),
  oldCpxRow(26, 'cpx51', [16, 32, 360], '54.40'),
  row('cax', 45, 'cax11', [2, 4, 40], 20, start, ['3.29', '4.49', '5.99']),
  row('cax', 93, 'cax21', [4, 8, 80], 20, start, ['5.99', '7.99', '10.49']),
  row('cax', 94, 'cax31', [8, 16, 160], 20, start, ['11.99', '15.99', '20.99']),
  row('cax', 95, 'cax41', [16, 32, 320], 20, start, ['23.99', '31.49', '40.99']),
  row('ccx', 96, 'ccx13', [2, 8, 80], 20, start, ['11.99', '15.99', '42.99']),
  row('ccx', 97, 'ccx23', [4, 16, 160], 20, start, ['23.99', '31.49', '85.99']),
  row('ccx', 98, 'ccx33', [8, 32, 240], 30, start, ['47.99', '62.49', '138.49']),
  row('ccx', 99, 'ccx43', [16, 64, 360], 40, start, ['95.99', '124.99', '276.99']),
  row('ccx', 100, 'ccx53', [32, 128, 600], 50, start, ['191.99', '249.99', '553.99']),
  row('ccx', 101, 'ccx63', [48, 192, 960], 60, start, ['287.99', '374.49', '830.99']),
  row('cpx', 108, 'cpx12', [1, 2, 40], 0.5, autumn, ['4.99', '6.49', '11.49']),
  row('cpx', 109, 'cpx22', [2, 4, 80], 20, autumn, ['5.99', '7.99', '19.49']),
  row('cpx', 110, 'cpx32', [4, 8, 160], 20, autumn, ['10.49', '13.99', '35.49']),
  row('cpx', 111, 'cpx42', [8, 16, 320], 20, autumn, ['19.49', '25.49', '69.49']),
  row('cpx', 112, 'cpx52', [12, 24, 480], 20, autumn, ['27.99', '36.49', '100.49']),
  row('cpx', 113, 'cpx62', [16, 32, 640], 20, autumn, ['38.49', '49.99', '129.99']),
  row('cx', 114, 'cx23', [2, 4, 40], 20, autumn, ['2.99', '3.99', '5.49']),
  row('cx', 115, 'cx33', [4, 8, 80], 20, autumn, ['4.99', '6.49', '8.49']),
  row('cx', 116, 'cx43', [8, 16, 160], 20, autumn, ['8.99', '11.99', '15.99']),
  row('cx', 117, 'cx53', [16, 32, 320], 20, autumn, ['16.99', '22.49', '29.49']),
];
