import { expect, test } from 'vitest';
import { systemClock } from '../../src/local/clock.ts';
import { sha256Hex } from '../../src/local/hash.ts';
import { seededRandom, systemRandom } from '../../src/local/random.ts';

test('the hash is SHA-256 of UTF-8, in hex', () => {
  // FIPS 180-2, appendix B.1.
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex('ü')).not.toBe(sha256Hex('u'));
});

test('one seed gives one sequence, another seed another; fractions lie in [0, 1)', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return [random.hex(8), ...Array.from({ length: 200 }, random.fraction)];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)[0]).not.toBe(draw(2)[0]);
  const fractions = draw(3).slice(1) as number[];
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...fractions)).toBeLessThan(1);
  expect(fractions.reduce((sum, one) => sum + one, 0) / 200).toBeCloseTo(0.5, 0);
  expect(systemRandom.hex(4)).toMatch(/^[0-9a-f]{8}$/);
});

test('a sleep ends with the reason of the signal, before and while it sleeps', async () => {
  const reason = new Error('stop');
  await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const stop = new AbortController();
  const slept = systemClock.sleep(60_000, stop.signal);
  stop.abort(reason);
  await expect(slept).rejects.toBe(reason);
  await systemClock.sleep(0);
});
