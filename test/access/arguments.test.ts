import { expect, test } from 'vitest';
import { commandLine, parseArguments } from '../../src/cli/arguments.ts';

const parsed = (line: string) => {
  const found = parseArguments(line.split(' ').map((word) => (word === "''" ? '' : word)));
  if (found.ask !== 'run') throw new Error(`${line} asks for help`);
  return found;
};

test.each([
  ['production --allow-runner', 'production', null],
  ['--allow-runner production', 'production', null],
  ['pr --allow-runner 7', 'pr-7', null],
  ['production --allow-runner 203.0.113.7 --yes', 'production', '203.0.113.7'],
  ['--allow-runner 2001:db8::7 staging', 'staging', '2001:db8::7'],
  ['plan pool --allow-runner=203.0.113.7', 'pool', '203.0.113.7'],
  // A variable of a workflow that is not set.
  ["destroy pr 7 --allow-runner ''", 'pr-7', null],
] as const)('%s: the target is %s, the address %s', (line, target, address) => {
  const { target: found, options } = parsed(line);
  expect(found?.pullRequest === undefined ? found?.type : `pr-${found.pullRequest}`).toBe(target);
  expect(options.allowRunner).toEqual({ address });
  // What we tell the user to run says it again.
  expect(parsed(commandLine(parsed(line)).replace(/^reconcile /, '')).options.allowRunner).toEqual({ address });
});

test('nobody is let in unless it is asked for', () => {
  expect(parsed('production --yes').options.allowRunner).toBeNull();
});

test('access open and close take one target, an address, and a time', () => {
  const { verb, options } = parsed('access open pr 7 --address 203.0.113.7 --for 1h30m');
  expect([verb, options.address, options.forMs]).toEqual(['access open', '203.0.113.7', 5_400_000]);
  expect(parsed('access close staging').options.forMs).toBeNull();
  for (const [line, message] of [
    ['access', 'access needs a verb'],
    ['access shut production', 'access shut is no verb here'],
    ['access open', 'no target given'],
    ['access open pr', 'pr needs the number'],
    ['access open production --for 25h', 'longer than 24h'],
    ['access open production --for soon', 'wants a duration'],
    ['access close production --for 1h', 'has no option --for'],
    ['list --allow-runner', 'has no option --allow-runner'],
  ] as const)
    expect(() => parsed(line)).toThrow(message);
});
