import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { usageOf } from '../../support/command-line.ts';
import { movesOf } from './moves.ts';
import { keepRegression } from './regressions.ts';
import { shrink } from './shrink.ts';
import { simulate, simulateSeed } from './simulate.ts';
import { type Sabotage, sabotages } from './world.ts';

const usage = `Usage: npm run simulate -- [options]

Lives through one random story for each seed: runs at once, killed, stopped, cut off; drift; a store that loses
documents. Separate checkers look on. A failing story is shortened, told, and kept in test/simulation/regressions.json.

  --seeds N         how many; default 1000
  --from S          the first one; default 1
  --sabotage WHAT   ${sabotages.join(', ')}: with one safeguard off, violations must be found
  --tell            tell the story of each seed
  --keep-on         do not stop at the first failing seed; nothing is kept
  --whole           whole-product worlds in place of the fast ones: emulator and command line, a few seeds a second
`;

const { given: parsed, help, number, sabotage: sabotageOf } = usageOf(usage);
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = { seeds: text, from: text, sabotage: text, tell: flag, whole: flag, help: flag, 'keep-on': flag };
const given = parsed(() => parseArgs({ options }).values);
if (given.help) help();
const seeds = number('seeds', given.seeds, 1000);
const from = number('from', given.from, 1);
const sabotage: Sabotage | undefined = sabotageOf(sabotages, given.sabotage);

if (given.whole) {
  const env = {
    ...process.env,
    RECONCILE_SIMULATION_SEEDS: given.seeds ?? '25',
    RECONCILE_SIMULATION_FIRST: String(from),
  };
  const worlds = ['node_modules/vitest/vitest.mjs', 'run', 'test/simulation/random-worlds.test.ts'];
  const { status } = spawnSync(process.execPath, worlds, { stdio: 'inherit', env });
  process.exit(status ?? 1);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const total = { runs: 0, mutations: 0, violated: 0 };
const faults = new Map<string, number>();
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let done = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const seen = await simulateSeed(seed, sabotage);
  done += 1;
  total.runs += seen.runs;
  total.mutations += seen.mutations;
  for (const [fault, count] of seen.faults) faults.set(fault, (faults.get(fault) ?? 0) + count);
  if (given.tell) print(`seed ${seed} ${seen.hash}\n${seen.story.join('\n')}\n`);
  if (seen.violations.length === 0) continue;
  total.violated += 1;
  print(`seed ${seed}: ${seen.violations[0]?.split('\n')[0]}`);
  if (given['keep-on'] || sabotage !== undefined) continue;
  const moves = await shrink(movesOf(seed), seen.violations[0] ?? '');
  const short = await simulate(moves);
  print(`\nshortened to ${moves.length} moves:\n${short.story.join('\n')}\n\n${short.violations.join('\n')}`);
  print(`\nkept in ${keepRegression({ seed, because: short.violations[0] ?? '', moves })}`);
  break;
}

const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const cpuSeconds = (user + system) / 1_000_000;
print(`
seeds        ${done} (from ${from})
violations   ${total.violated}
speed        ${(done / seconds).toFixed(0)} seeds a second; ${(done / cpuSeconds).toFixed(0)} a second of processor time
runs         ${total.runs}
mutations    ${total.mutations}
faults met   ${[...faults.values()].reduce((sum, count) => sum + count, 0)}`);
for (const [fault, count] of [...faults].sort(([a], [b]) => (a < b ? -1 : 1))) print(`  ${fault.padEnd(36)} ${count}`);
process.exitCode = total.violated > 0 ? 1 : 0;
