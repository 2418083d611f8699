import { expect, test } from 'vitest';
import { withPlace, withPlaces } from '../../src/cli/print/next.ts';
import { verbNames } from '../../src/cli/verbs.ts';

/* A command that we recommend in an emulated cloud without `--local` would be carried out in the real one. */
const local = ['--local=simulated'];
const everywhere = verbNames.filter((verb) => verb !== 'reconcile' && verb !== 'init');

test.each([...everywhere, 'production', 'staging', 'pool', 'pr 7'])(
  'reconcile %s is recommended for where it was asked',
  (words) => {
    expect(withPlace(`first reconcile ${words}, then look`, local)).toBe(
      `first reconcile ${words} --local=simulated, then look`,
    );
  },
);

test('with what follows it, and once', () => {
  expect(withPlace('reconcile pool --adopt rrset/a.de/*.pr/A', local)).toBe(
    'reconcile pool --adopt rrset/a.de/*.pr/A --local=simulated',
  );
  expect(withPlace('reconcile pool --local=simulated', local)).toBe('reconcile pool --local=simulated');
});

test('and in every text of a report; what is no command stays as it is', () => {
  const report = { notes: ['said; next: reconcile sweep'], looked: [{ url: null, state: 'pool', requests: 3 }] };
  expect(withPlaces(report, local)).toEqual({ ...report, notes: ['said; next: reconcile sweep --local=simulated'] });
});
