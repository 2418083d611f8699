import { parseArgs } from 'node:util';
import { usageOf } from '../support/command-line.ts';
import { type Sabotage, sabotages } from './live.ts';
import { storyOf } from './moves.ts';
import { replayRecorded } from './recorded.ts';
import { shrink } from './shrink.ts';
import { noCounts, simulate } from './simulate.ts';
import { type Rule, rules } from './witness.ts';

const usage = `Usage: npm run test:events -- [options]

Reads recorded events of GitHub, then lives through random sequences of events that are lost, doubled, late and raced,
by people who may and who may not, and after each through one sweep. Checkers that know what is true look at every
change in the cloud.

  --sequences N     how many; default 1000
  --from S          the first one's seed; default 1
  --sabotage WHAT   ${sabotages.join(', ')}: with one safeguard off, a count must not stay 0
  --tell            tell the story of each
  --keep-on         go on after the first that fails, and shorten none
`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const { given: parsed, help, number, sabotage: sabotageOf } = usageOf(usage);
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = { sequences: text, from: text, sabotage: text, tell: flag, 'keep-on': flag, help: flag };
const given = parsed(() => parseArgs({ options }).values);
if (given.help) help();
const sequences = number('sequences', given.sequences, 1000);
const from = number('from', given.from, 1);
const sabotage: Sabotage | undefined = sabotageOf(sabotages, given.sabotage);

print('recorded events                read  ignored  refused');
const replayed = replayRecorded();
const line = (name: string, of: readonly (typeof replayed)[number][]): void => {
  const sum = (key: 'read' | 'ignored' | 'refused'): string =>
    String(of.reduce((all, one) => all + one[key], 0)).padStart(key === 'read' ? 5 : 9);
  print(`  ${name.padEnd(28)}${sum('read')}${sum('ignored')}${sum('refused')}`);
};
const shownOf = replayed.slice(0, 8);
for (const one of shownOf) line(one.name, [one]);
line(`${replayed.length - shownOf.length} further kinds`, replayed.slice(shownOf.length));

const total = { sequences: 0, ...noCounts() };
const broken = new Map<Rule, number>();
const startedAt = performance.now();
for (let seed = from; seed < from + sequences; seed += 1) {
  const story = storyOf(seed);
  const seen = await simulate(story, sabotage);
  total.sequences += 1;
  for (const key of ['events', 'lost', 'doubled', 'reordered', 'raced', 'killed', 'creations', 'destructions'] as const)
    total[key] += seen.counts[key];
  total.mostRequests = Math.max(total.mostRequests, seen.counts.mostRequests);
  for (const { rule } of seen.violations) broken.set(rule, (broken.get(rule) ?? 0) + 1);
  if (given.tell) print(`\nsequence ${seed}\n${seen.story.join('\n')}`);
  const [first] = seen.violations;
  if (first === undefined) continue;
  if (given['keep-on'] || sabotage !== undefined) continue;
  const short = await shrink(story, first.rule, sabotage);
  print(`\nsequence ${seed}: ${first.text}; shortened from ${story.moves.length} to ${short.moves.length} moves:`);
  print((await simulate(short, sabotage)).story.join('\n'));
  print(`\nonce more: npm run test:events -- --sequences 1 --from ${seed} --tell`);
  break;
}

const seconds = (performance.now() - startedAt) / 1000;
print(`
sequences                   ${total.sequences} (from ${from}), ${(total.sequences / seconds).toFixed(0)} a second
events                      ${total.events}: ${total.lost} lost, ${total.doubled} doubled, ${total.reordered} reordered, ${total.raced} raced
runs killed                 ${total.killed}
creations                   ${total.creations}
destructions                ${total.destructions}
most requests               ${total.mostRequests} to GitHub by one event`);
for (const rule of rules) print(`${rule.padEnd(28)}${broken.get(rule) ?? 0}`);
process.exitCode = broken.size > 0 ? 1 : 0;
