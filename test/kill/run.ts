import { parseArgs } from 'node:util';
import { usageOf } from '../support/command-line.ts';
import { type Sabotage, sabotages } from './child-options.ts';
import { hireCrew } from './crew.ts';
import type { Point, Undisturbed, Verdict } from './judge.ts';
import type { Task } from './messages.ts';
import { pointsOf } from './point.ts';
import { printReport, type ScenarioReport } from './report.ts';
import { type ScenarioName, scenarioNames } from './scenarios.ts';

const usage = `Usage: npm run test:kill -- [options]

Kills a real process before and after every write of production's life, runs the same command again, and looks.

  --scenario NAME   one of ${scenarioNames.join(', ')}; default: all
  --every K         only each Kth point
  --seed N          chance of the runs; default 1
  --stop            SIGSTOP, and SIGCONT after another has taken over, in place of SIGKILL
  --workers N       default 2
  --sabotage WHAT   ${sabotages.join(', ')}: with one safeguard off, a count must not be zero
`;

const { given: parsed, help, number, wrong } = usageOf(usage);
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = { scenario: text, every: text, seed: text, workers: text, sabotage: text, stop: flag, help: flag };
const given = parsed(() => parseArgs({ options }).values);
if (given.help) help();
const oneOf = <T extends string>(what: string, text: string, allowed: readonly T[]): T =>
  allowed.find((one) => one === text) ?? wrong(`--${what} ${text} is not one of ${allowed.join(', ')}`);
const chosen: readonly ScenarioName[] =
  given.scenario === undefined ? scenarioNames : [oneOf('scenario', given.scenario, scenarioNames)];
const sabotage: Sabotage | null = given.sabotage === undefined ? null : oneOf('sabotage', given.sabotage, sabotages);
const every = number('every', given.every, 1);
const seed = number('seed', given.seed, 1);
const crew = hireCrew(number('workers', given.workers, 2));
// A lease matters only to a run that comes back.
const stop = given.stop === true || sabotage === 'no-lease';

const wholeOf = async (task: Task): Promise<Undisturbed> => {
  const reply = await crew.do({ task });
  if ('whole' in reply) return reply.whole;
  throw new Error('a worker answered something else');
};
const verdictOn = async (task: Task, point: Point, whole: Undisturbed): Promise<Verdict> => {
  const reply = await crew.do({ task, point, whole });
  if ('verdict' in reply) return reply.verdict;
  throw new Error('a worker answered something else');
};

const startedAt = performance.now();
try {
  const reports: ScenarioReport[] = [];
  for (const scenario of chosen) {
    const task: Task = { scenario, seed, sabotage, stop };
    const whole = await wholeOf(task);
    const points = pointsOf(whole).filter((_, nth) => nth % every === 0);
    let done = 0;
    const verdicts = await Promise.all(
      points.map(async (point) => {
        const verdict = await verdictOn(task, point, whole);
        done += 1;
        if (done % 20 === 0) process.stderr.write(`${scenario}: ${done} of ${points.length} points\n`);
        return verdict;
      }),
    );
    reports.push({ scenario, whole, verdicts, planned: points.length });
  }
  const good = printReport(reports, { sabotage, stop, seconds: (performance.now() - startedAt) / 1000 });
  process.exitCode = good ? 0 : 1;
} finally {
  crew.dismiss();
}
