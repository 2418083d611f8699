import type { Sabotage } from './child-options.ts';
import type { Undisturbed, Verdict } from './judge.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Where } from './stage.ts';

export interface ScenarioReport {
  readonly scenario: ScenarioName;
  readonly whole: Undisturbed;
  readonly verdicts: readonly Verdict[];
  readonly planned: number;
}
interface Sums {
  readonly points: number;
  readonly orphans: number;
  readonly duplicates: number;
  readonly manual: number;
}

const sumsOf = (verdicts: readonly Verdict[]): Sums => ({
  points: verdicts.filter(({ what }) => what !== undefined).length,
  orphans: verdicts.reduce((sum, { orphans }) => sum + orphans.length, 0),
  duplicates: verdicts.reduce((sum, { duplicates }) => sum + duplicates.length, 0),
  manual: verdicts.reduce((sum, { manual }) => sum + manual.length, 0),
});

const titles: Readonly<Record<Where, string>> = {
  api: "writes of Hetzner's API",
  machine: 'writes on machines',
  state: 'writes of the store',
};

/** The table and the total; true when every planned point was reached and nothing was found. */
export const printReport = (
  reports: readonly ScenarioReport[],
  how: { readonly sabotage: Sabotage | null; readonly stop: boolean; readonly seconds: number },
): boolean => {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  for (const report of reports) for (const verdict of report.verdicts) sayVerdict(say, report.scenario, verdict);
  const struck = how.stop ? 'stopped' : 'killed';
  const row = (cells: readonly (string | number)[]): void =>
    say(
      cells
        .map((cell, column) => (column < 2 ? String(cell).padEnd(column === 0 ? 10 : 24) : String(cell).padStart(12)))
        .join(''),
    );
  row(['scenario', 'where', 'writes', 'points', struck, 'orphans', 'duplicates', 'manual']);
  for (const { scenario, whole, verdicts } of reports)
    for (const where of ['api', 'machine', 'state'] as const) {
      const here = verdicts.filter(({ point }) => point.where === where);
      const { points, orphans, duplicates, manual } = sumsOf(here);
      row([scenario, titles[where], whole.counts[where], here.length, points, orphans, duplicates, manual]);
    }
  const all = reports.flatMap(({ verdicts }) => verdicts);
  const total = (title: string, verdicts: readonly Verdict[]): Sums => {
    const sums = sumsOf(verdicts);
    say(`${title}: ${sums.points}, ${sums.orphans}, ${sums.duplicates}, ${sums.manual}`);
    return sums;
  };
  say('');
  total(
    `on machines (keys, Consul, Nomad), ${struck}, orphans, duplicates, manual steps`,
    all.filter(({ point }) => point.where === 'machine'),
  );
  total(
    `Hetzner's API and the store, ${struck}, orphans, duplicates, manual steps`,
    all.filter(({ point }) => point.where !== 'machine'),
  );
  const writes = reports.reduce((sum, { whole }) => sum + whole.counts.api + whole.counts.state, 0);
  say(`twice the writes in the emulator's own request log and of the store: ${2 * writes}`);
  say(`${how.seconds.toFixed(0)} s${how.sabotage === null ? '' : `, with ${how.sabotage}`}`);
  const { points, orphans, duplicates, manual } = sumsOf(all);
  return points === all.length && orphans + duplicates + manual === 0;
};

const sayVerdict = (
  say: (text: string) => void,
  scenario: string,
  { point, what, orphans, duplicates, manual }: Verdict,
): void => {
  const at = `${scenario}, ${point.when} ${point.where} write ${point.nth}`;
  if (what === undefined) say(`${at}: not reached`);
  for (const text of orphans) say(`${at} (${what}): orphan: ${text}`);
  for (const text of duplicates) say(`${at} (${what}): duplicate: ${text}`);
  for (const text of manual) say(`${at} (${what}): manual step: ${text}`);
};
