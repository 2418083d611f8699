import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costReport, environmentCost, monthlyCents } from '../../src/cost/cost.ts';
import { parseDecimal, percentOf, toCents } from '../../src/cost/decimal.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { formatCents } from '../../src/domain/money.ts';
import type { AnyObservedItem, ListPrice, PriceList } from '../../src/domain/observation.ts';
import type { CostReport } from '../../src/ports/session.ts';
import { production, pullRequest, staging, prices as today, withServers } from '../support/builders.ts';
import { standing } from '../support/drift.ts';

const price = (monthlyNet: string, monthlyGross: string): ListPrice => ({
  monthlyNet,
  monthlyGross,
  hourlyNet: '0',
  hourlyGross: '0',
});
/** December 2024 with VAT of 21 %: cx22 3.29 and an IPv4 address 0.50, as the API spells them. */
const december2024: PriceList = {
  currency: 'EUR',
  vatRate: '21.000000',
  serverTypes: { cx22: { nbg1: price('3.2900000000', '3.9809000000000000') } },
  loadBalancerTypes: { lb11: { nbg1: price('5.3900000000', '6.5219000000000000') } },
  primaryIpv4: { nbg1: price('0.5000000000', '0.6050000000000000') },
  volumePerGbMonth: { net: '0.0440000000', gross: '0.0532400000000000' },
  serverBackupPercentage: '20.0000000000',
};
const asInTheSeed = (environment: Environment): Environment => ({
  ...withServers({ types: ['cx22'] })(environment),
  ingress: 'dns',
});

test('the table of the system replaced: each environment, typical and maximum, with what they are made of', () => {
  const report: CostReport = costReport({
    environments: [production(), staging(), pullRequest(1)].map(asInTheSeed),
    prices: december2024,
  });
  const rows = [
    ...report.environments.map(
      ({ environment, servers, monthlyCents: month, annualCents: year }) =>
        `${environment}, ${servers} servers: ${formatCents(month)} a month, ${formatCents(year)} a year`,
    ),
    ...report.totals.map(
      ({ name, madeOf, monthlyCents: month, annualCents: year }) =>
        `${name} = ${madeOf}: ${formatCents(month)} a month, ${formatCents(year)} a year`,
    ),
  ];
  expect(rows).toEqual([
    'production, 3 servers: €13.77 a month, €165.24 a year',
    'staging, 1 servers: €4.59 a month, €55.08 a year',
    'pr-1, 1 servers: €4.59 a month, €55.08 a year',
    'typical, few = production + 5 pull request environments: €36.72 a month, €440.64 a year',
    'typical, many = production + 8 pull request environments: €50.49 a month, €605.88 a year',
    'maximum = production + 15 pull request environments: €82.62 a month, €991.44 a year',
  ]);
  expect(report.environments[0]?.lines[0]).toEqual({
    address: 'server/production-1',
    what: 'cx22 in nbg1 with IPv4',
    cents: 459,
  });
});

test('a load balancer is a line of its own', () => {
  const report = environmentCost({ ...asInTheSeed(production()), ingress: 'load-balancer' }, december2024);
  expect(report.lines.at(-1)).toEqual({ address: 'load-balancer/production', what: 'lb11 in nbg1', cents: 652 });
  expect(report.monthlyCents).toBe(1377 + 652);
});

test('previews that share servers cost begun servers, and no more of them than infra.yaml allows', () => {
  const pool = {
    perServer: 2,
    serversMax: 3,
    cpuMhz: 500,
    memoryMb: 512,
    wildcard: 'pr.aipacto.com',
    tls: 'off',
  } as const;
  const preview: Environment = { ...asInTheSeed(pullRequest(1)), host: 'pool', pool };
  const totals = (max: number) =>
    costReport({
      environments: [asInTheSeed(production()), preview],
      prices: december2024,
      pullRequestsMax: max,
    }).totals.map(({ madeOf, monthlyCents: month }) => `${madeOf}: ${formatCents(month - 1377)}`);
  expect(totals(15).at(-1)).toBe('production + 15 pull request environments on 3 shared servers: €13.77');
  expect(totals(1).at(-1)).toBe('production + 1 pull request environments on 1 shared server: €4.59');
  expect(totals(3).at(-1)).toBe('production + 3 pull request environments on 2 shared servers: €9.18');
});

test('one target alone has no totals, for nothing is added up', () => {
  expect(costReport({ environments: [staging()], prices: today }).totals).toEqual([]);
});

test('a type without a price is passed over visibly, and a ladder without any says that it cannot be ordered', () => {
  const cost = (types: string[]) => environmentCost(withServers({ types })(staging()), today).lines[0];
  expect(cost(['cx22', 'cx23'])).toEqual({
    address: 'server/staging-1',
    what: 'cx23 in nbg1 with IPv4 (no price for cx22)',
    cents: 650,
  });
  expect(cost(['cx22'])).toEqual({
    address: 'server/staging-1',
    what: 'cx22 in nbg1, fsn1, hel1: Hetzner lists no price, so it cannot be ordered',
    cents: 0,
  });
});

test('a server with its address and backups is one line, rounded once', () => {
  const world = standing();
  const server = world.find('server', 'aipacto-production-1');
  const cents = (facts: object) =>
    monthlyCents({ ...server, facts: { ...server.facts, ...facts } } as AnyObservedItem, december2024);
  expect(cents({ type: 'cx22' })).toBe(459);
  expect(cents({ type: 'cx22', ipv4: null })).toBe(398);
  // 3.9809 × 1.2 + 0.605 = 5.38208
  expect(cents({ type: 'cx22', backups: true })).toBe(538);
  expect(cents({ type: 'cx22', status: 'off' })).toBe(459);
});

test('a server of a type that left the price list costs what its own type says', () => {
  const server = {
    ...standing().find('server', 'aipacto-production-1'),
    listPrice: price('3.29', '3.9809'),
  } as AnyObservedItem;
  const old = { ...server, facts: { ...server.facts, type: 'cx22' } } as AnyObservedItem;
  expect(monthlyCents(old, today)).toBe(448);
});

test('addresses cost by themselves only without a server, volumes by their size, the rest nothing', () => {
  const item = (kind: string, facts: object) =>
    ({ kind, id: '1', name: 'x', labels: {}, createdAt: '', facts }) as unknown as AnyObservedItem;
  const address = { type: 'ipv4', ip: '192.0.2.1', assigneeId: null, autoDelete: false, location: 'nbg1' };
  expect(monthlyCents(item('primary-ip', address), december2024)).toBe(61);
  expect(monthlyCents(item('primary-ip', { ...address, assigneeId: '7' }), december2024)).toBe(0);
  expect(monthlyCents(item('primary-ip', { ...address, type: 'ipv6' }), december2024)).toBe(0);
  expect(monthlyCents(item('volume', { sizeGb: 100, serverId: null, location: 'nbg1' }), december2024)).toBe(532);
  expect(monthlyCents(item('network', {}), december2024)).toBe(0);
});

test('decimals are exact: sums and percentages of cents never drift', () => {
  const cents = fc.bigInt({ min: 0n, max: 10n ** 9n });
  const decimal = (value: bigint) => `${value / 100n}.${String(value % 100n).padStart(2, '0')}`;
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      expect(toCents(parseDecimal(decimal(a)) + parseDecimal(decimal(b)))).toBe(Number(a + b));
      expect(percentOf(parseDecimal(decimal(a)), '100')).toBe(parseDecimal(decimal(a)));
    }),
  );
  expect(toCents(parseDecimal('0.005'))).toBe(1);
  expect(toCents(parseDecimal('0.0049999999999999'))).toBe(0);
  expect(() => parseDecimal('-1')).toThrow(RangeError);
  expect(() => parseDecimal('1e3')).toThrow(RangeError);
});
