import { expect, test } from 'vitest';
import { evaluate, interpolate, isWanted, type Value } from './expressions.ts';

/* What docs.github.com says of expressions, where our workflows depend on it. */

const contexts = {
  github: { event: { number: 7, draft: false, title: '$(id)', labels: ['a', 'b'] }, token: 't' },
  steps: { plan: { outputs: { code: '2', bad: 'servers,jobs' } } },
  vars: { ACCESS: 'Firewall' },
  matrix: { target: 'staging' },
} satisfies Record<string, Value>;

test.each<[string, Value]>([
  ["github.event.number == '7'", true],
  ["vars.ACCESS == 'firewall'", true],
  ["vars.ACCESS == 'firewall' && '--allow-runner' || ''", '--allow-runner'],
  ["vars.NONE == 'firewall' && '--allow-runner' || ''", ''],
  ['vars.NONE || \'["production"]\'', '["production"]'],
  ['fromJSON(vars.NONE || \'["production"]\')[0]', 'production'],
  ['!github.event.draft', true],
  ['github.event.nothing.of.the.kind', null],
  ["contains(steps.plan.outputs.bad, 'jobs')", true],
  ["contains(github.event.labels, 'B')", true],
  ["'it''s'", "it's"],
  ["(github.event.number != 7 || github.event.draft) && 'x'", false],
])('%s', (source, value) => {
  expect(evaluate(source, contexts)).toEqual(value);
});

test('a text around expressions becomes a text; what is nothing but one keeps its kind', () => {
  expect(interpolate('pr-${{ github.event.number }}-${{ matrix.target }}', contexts)).toBe('pr-7-staging');
  expect(interpolate('${{ github.event.labels }}', contexts)).toEqual(['a', 'b']);
});

test('an if wants success unless it asks how things stand itself', () => {
  expect(isWanted(undefined, contexts, 'failure')).toBe(false);
  expect(isWanted("matrix.target == 'staging'", contexts, 'failure')).toBe(false);
  expect(isWanted("failure() && matrix.target == 'staging'", contexts, 'failure')).toBe(true);
  expect(isWanted('always()', contexts, 'failure')).toBe(true);
  expect(isWanted('!cancelled()', contexts, 'failure')).toBe(true);
});

test('what is not known here is refused, not guessed', () => {
  expect(() => evaluate('hashFiles()', contexts)).toThrow('no function hashFiles here');
  expect(() => evaluate('secrets.TOKEN', contexts)).toThrow('no context secrets here');
  expect(() => evaluate('github.event.number ==', contexts)).toThrow('wants a value');
});
