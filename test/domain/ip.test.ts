import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalCidr,
  containsCidr,
  formatIpv6,
  hostAt,
  overlapCidr,
  parseCidr,
  parseIpv4,
  parseIpv6,
} from '../../src/domain/ip.ts';

/** The URL parser of the platform writes IPv6 as RFC 5952 wants it. */
const byUrl = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1);

test('IPv6 is read and written as the platform does', () => {
  const group = fc.oneof(fc.constant('0'), fc.constant('0000'), fc.stringMatching(/^[0-9a-fA-F]{1,4}$/));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.option(fc.nat(7)), (groups, cut) => {
      const text = cut === null ? groups.join(':') : `${groups.slice(0, cut).join(':')}::`;
      expect(formatIpv6(parseIpv6(text) ?? -1n)).toBe(byUrl(text));
    }),
  );
  expect(formatIpv6(parseIpv6('::ffff:192.0.2.1') ?? -1n)).toBe(byUrl('::ffff:192.0.2.1'));
});

test.each(['1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.x', ''])('%j is no IPv4 address', (text) => {
  expect(parseIpv4(text)).toBeUndefined();
});
test.each([':::', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1.2.3'])(
  '%j is no IPv6 address',
  (text) => {
    expect(parseIpv6(text)).toBeUndefined();
  },
);
test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '::/129', '/8'])('%j is no range', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

const range = (text: string) => parseCidr(text) ?? expect.unreachable(`${text} is no range`);

test('host bits go, and the whole internet is a range', () => {
  expect(canonicalCidr(range('10.0.2.7/16'))).toBe('10.0.0.0/16');
  expect(canonicalCidr(range('0.0.0.0/0'))).toBe('0.0.0.0/0');
  expect(canonicalCidr(range('2001:DB8::1/32'))).toBe('2001:db8::/32');
});

test('containing and overlapping', () => {
  expect(containsCidr(range('10.0.0.0/16'), range('10.0.1.0/24'))).toBe(true);
  expect(containsCidr(range('10.0.1.0/24'), range('10.0.0.0/16'))).toBe(false);
  expect(containsCidr(range('0.0.0.0/0'), range('::/0'))).toBe(false);
  expect(overlapCidr(range('10.0.0.0/15'), range('10.1.0.0/16'))).toBe(true);
  expect(overlapCidr(range('10.0.0.0/16'), range('10.1.0.0/16'))).toBe(false);
});

test('the n-th address of a range, within it', () => {
  expect(hostAt('10.0.1.0/24', 11)).toBe('10.0.1.11');
  expect(() => hostAt('10.0.1.0/24', 256)).toThrow(RangeError);
});
