import type { Sabotage } from './child-options.ts';
import { censusOf, createdTwice, judge, type Point, type Undisturbed, type Verdict } from './judge.ts';
import type { Ended } from './process.ts';
import type { Scenario } from './scenarios.ts';
import { type Rest, type Stage, setStage, type Write } from './stage.ts';

export interface Trial {
  readonly scenario: Scenario;
  readonly config: string;
  readonly from: Rest | null;
  readonly seed: number;
  readonly sabotage: Sabotage | null;
  /** Stopped and woken later (SIGSTOP, SIGCONT) in place of killed. */
  readonly stop: boolean;
}

/** Longer than a lease lives. */
const pastLeaseMs = 120_000;

const stageFor = ({ scenario, config, from, sabotage }: Trial): Promise<Stage> =>
  setStage({ config: scenario.config(config), from, sabotage });

export const runUndisturbed = async (trial: Trial): Promise<Undisturbed> => {
  const stage = await stageFor({ ...trial, sabotage: null });
  try {
    const { command, look } = trial.scenario;
    const ended = await stage.run([command], { host: 'victim', seed: trial.seed }).ended;
    const counts = stage.counts();
    const again = await stage.run([look], { host: 'heir', seed: trial.seed + 1 }).ended;
    if (ended.code !== 0 || again.code !== 0)
      throw new Error(`${command}, undisturbed: ${ended.stderr}${again.stdout}`);
    const logged = stage.emulator.requests.filter(({ method }) => method !== 'GET').length;
    if (logged !== counts.api) throw new Error(`the emulator logged ${logged} writes, ${counts.api} were counted`);
    return { counts, ...censusOf(stage) };
  } finally {
    await stage.close();
  }
};

/** Kills (or stops) one run, lets its lease run out, runs the same again as another process on another machine, and looks. */
export const runPoint = async (trial: Trial, point: Point, whole: Undisturbed): Promise<Verdict> => {
  const stage = await stageFor(trial);
  try {
    const { scenario, seed, stop } = trial;
    const made = createdTwice();
    const victim = stage.run([scenario.command], { host: 'victim', seed });
    const struck = Promise.withResolvers<string>();
    let at: string | undefined;
    stage.onWrite = async (write) => {
      made.see(write);
      if (at !== undefined || !isAt(point, write)) return undefined;
      at = write.what;
      victim.send(stop ? 'SIGSTOP' : 'SIGKILL');
      if (!stop) await victim.ended;
      struck.resolve(write.what);
      return stop ? undefined : 'lost';
    };
    await Promise.race([struck.promise, victim.ended]);
    if (at === undefined) return notReached(point, await victim.ended);
    await quiet(stage);
    stage.time.reach(stage.time.now() + pastLeaseMs);
    const heir = await stage.run([scenario.command, scenario.look], { host: 'heir', seed: seed + 1 }).ended;
    const stray = stop ? await wake(stage, victim, made.see) : [];
    const judged = judge(point, heir, stage, whole, scenario);
    return { point, what: at, ...judged, duplicates: [...judged.duplicates, ...made.names(), ...stray] };
  } finally {
    await stage.close();
  }
};

/** Which writes go together depends on who was fast, so the last ones may not come; but the run ended well. */
const notReached = (point: Point, { code, stderr }: Ended): Verdict => {
  if (code !== 0) throw new Error(`a run that nobody disturbed ended with ${code}: ${stderr}`);
  return { point, what: undefined, orphans: [], duplicates: [], manual: [] };
};

const isAt = (point: Point, { where, nth, phase }: Write): boolean =>
  where === point.where && nth === point.nth && phase === point.when;

/** What had left the process before it was killed arrives all the same. */
const quiet = async (stage: Stage): Promise<void> => {
  for (let calm = 0; calm < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    calm = stage.busy() === 0 ? calm + 1 : 0;
  }
};

/** The stopped process goes on after another has taken over: each of its writes is one too many. */
const wake = async (stage: Stage, victim: ReturnType<Stage['run']>, see: (write: Write) => void): Promise<string[]> => {
  const stray: string[] = [];
  stage.onWrite = async (write) => {
    see(write);
    // A request that was on its way out when the process was stopped leaves later; its name is taken by then.
    const refused = write.status !== undefined && write.status >= 400;
    // Its own lease of what is shared, which nobody needed meanwhile, it may give back.
    const ownLease = write.what.endsWith('.lease.json');
    if (write.phase === 'after' && !refused && !ownLease)
      stray.push(`${write.what} by the run that another had taken over from`);
    return undefined;
  };
  victim.send('SIGCONT');
  await victim.ended;
  return stray;
};

export const pointsOf = ({ counts }: Undisturbed): Point[] =>
  (['api', 'machine', 'state'] as const).flatMap((where) =>
    Array.from({ length: counts[where] }, (_, index) => index + 1).flatMap((nth) =>
      (['before', 'after'] as const).map((when) => ({ where, nth, when })),
    ),
  );
