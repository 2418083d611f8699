import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { StoreError } from '../../src/domain/errors.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { S3Place } from '../../src/s3/place.ts';
import { probeStore, refuseSkew, refuseUnshareable } from '../../src/statefile/probe.ts';
import { storeAt } from './places.ts';

export interface Contract {
  /** A fresh bucket or at least a fresh prefix. */
  readonly place: () => S3Place;
  readonly env?: Record<string, string>;
  readonly etags: 'unquoted' | 'quoted';
  readonly versions: boolean;
  /** Compare-and-swap increments, by `writers` at once; default 1000 by 4. */
  readonly increments?: number;
  readonly writers?: number;
}

/** What the state, the lease and their versions need of any store, said by what it does. */
export const holdsContract = ({ place, env, etags, versions, increments = 1000, writers = 4 }: Contract): void => {
  const store = (prefix: string = randomUUID()) => storeAt({ ...place(), prefix }, env === undefined ? {} : { env });

  test('what was written is read, byte for byte, and a missing object is no failure', async () => {
    const one = store();
    const text = JSON.stringify({ text: 'äöü ✓ "quoted"\n', long: 'x'.repeat(100_000) });
    expect(await one.get('production.json')).toBeUndefined();
    const outcome = await one.putIfAbsent('production.json', text);
    expect(outcome.ok).toBe(true);
    const found = await one.get('production.json');
    expect(found?.text).toBe(text);
    expect(found?.etag).toBe(outcome.ok && outcome.etag);
    expect(found?.etag).not.toContain('"');
  });

  test('of two creates of one key the second is refused, and changes nothing', async () => {
    const one = store();
    await one.putIfAbsent('a.json', '1');
    expect(await one.putIfAbsent('a.json', '2')).toEqual({ ok: false, because: 'exists' });
    expect((await one.get('a.json'))?.text).toBe('1');
  });

  test('a write with the present ETag is accepted, one with an old ETag refused, one to a missing key refused', async () => {
    const one = store();
    const first = await one.putIfAbsent('a.json', '1');
    if (!first.ok) throw new Error('not created');
    const second = await one.putIfMatch('a.json', '2', first.etag);
    expect(second.ok).toBe(true);
    expect(await one.putIfMatch('a.json', '3', first.etag)).toEqual({ ok: false, because: 'moved' });
    expect((await one.get('a.json'))?.text).toBe('2');
    expect(await one.putIfMatch('b.json', '1', first.etag)).toEqual({ ok: false, because: 'absent' });
  });

  test('an object deleted is gone, deleting it again is no failure, and it can be made anew', async () => {
    const one = store();
    const first = await one.putIfAbsent('a.json', '1');
    await one.delete('a.json');
    await one.delete('a.json');
    expect(await one.get('a.json')).toBeUndefined();
    expect(await one.putIfMatch('a.json', '2', first.ok ? first.etag : '')).toEqual({ ok: false, because: 'absent' });
    expect((await one.putIfAbsent('a.json', '2')).ok).toBe(true);
  });

  test('the list has the keys right under the prefix, sorted, and no others', async () => {
    const prefix = randomUUID();
    const one = store(prefix);
    for (const key of ['b.json', 'a.json', 'c.000001.json']) await one.putIfAbsent(key, '{}');
    await store(`${prefix}/deeper`).putIfAbsent('d.json', '{}');
    await store(`${prefix}-beside`).putIfAbsent('e.json', '{}');
    await one.delete('b.json');
    expect(await one.list()).toEqual(['a.json', 'c.000001.json']);
    expect(await store().list()).toEqual([]);
  });

  if (!versions)
    test('a store that keeps no versions has none to show, which is no failure', async () => {
      const one = store();
      const first = await one.putIfAbsent('a.json', 'one');
      await one.putIfMatch('a.json', 'two', first.ok ? first.etag : '');
      expect(await one.versions?.('a.json')).toEqual([]);
    });
  else
    test('earlier contents are found by version, also of an object that was deleted', async () => {
      const one = store();
      const first = await one.putIfAbsent('a.json', 'one');
      await one.putIfMatch('a.json', 'two', first.ok ? first.etag : '');
      await one.putIfAbsent('a.json.other', 'not of a.json');
      const earlier = (await one.versions?.('a.json')) ?? [];
      expect(await Promise.all(earlier.map(({ id }) => one.getVersion?.('a.json', id)))).toEqual(['one']);
      await one.delete('a.json');
      const behind = (await one.versions?.('a.json')) ?? [];
      expect(await Promise.all(behind.map(({ id }) => one.getVersion?.('a.json', id)))).toEqual(['two', 'one']);
      expect(Date.parse(behind[0]?.at ?? '')).toBeGreaterThan(0);
      expect(await one.versions?.('never.json')).toEqual([]);
    });

  test(`trying it out finds that it can be shared, and that it wants ETags ${etags}`, async () => {
    const one = store();
    const verdict = await probeStore(one, { clock: systemClock, random: systemRandom });
    expect(verdict).toMatchObject({ createIfAbsent: true, replaceIfMatch: true, etags });
    refuseUnshareable(verdict);
    refuseSkew(one);
    expect(await one.list()).toEqual([]);
  });

  test(`${increments} increments by compare-and-swap, ${writers} writers at once: none is lost`, async () => {
    const prefix = randomUUID();
    await store(prefix).putIfAbsent('count.json', '0');
    let left = increments;
    let unknown = 0;
    const work = async (): Promise<void> => {
      const one = store(prefix);
      while (left > 0) {
        left -= 1;
        for (;;) {
          const found = await one.get('count.json');
          if (found === undefined) throw new Error('the counter is gone');
          // Nobody else writes the same, so that a write without a usable reply can be looked up: radosgw answers 500
          // where two writes meet.
          const text = `${Number.parseInt(found.text, 10) + 1} ${randomUUID()}`;
          const written = await one.putIfMatch('count.json', text, found.etag).then(
            ({ ok }) => ok,
            (error: StoreError) => {
              if (error.kind !== 'unknown') throw error;
              unknown += 1;
              return undefined;
            },
          );
          if (written ?? (await one.get('count.json'))?.text === text) break;
        }
      }
    };
    await Promise.all(Array.from({ length: writers }, work));
    const count = Number.parseInt((await store(prefix).get('count.json'))?.text ?? '', 10);
    // A write that was looked up and overtaken at once is done again.
    expect(count - increments).toBeGreaterThanOrEqual(0);
    expect(count - increments).toBeLessThanOrEqual(unknown);
  }, 240_000);
};
