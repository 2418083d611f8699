import { cloudCensus, clusterCensus, type Found, surplus } from './census.ts';
import type { Sabotage } from './child-options.ts';
import { type Ended, outputsOf } from './process.ts';
import type { Scenario } from './scenarios.ts';
import { type Rest, type Stage, setStage, type Where, type Write } from './stage.ts';

/** Where a process is killed, or stopped: at its nth write of a kind. */
export interface Point {
  readonly where: Where;
  readonly nth: number;
  readonly when: 'before' | 'after';
}
/** What one run comes to when nobody disturbs it. */
export interface Undisturbed {
  readonly counts: Readonly<Record<Where, number>>;
  readonly cloud: readonly string[];
  readonly cluster: readonly string[];
}
/** Sentences; all three empty is what must be. */
export interface Verdict {
  readonly point: Point;
  /** `POST /v1/servers`; undefined: the run came to its end before this point. */
  readonly what: string | undefined;
  readonly orphans: readonly string[];
  readonly duplicates: readonly string[];
  readonly manual: readonly string[];
}
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

/** Everything that is on its way has come to its end. */
const censusOf = (stage: Stage) => {
  stage.time.reach(stage.time.now() + 60_000);
  stage.emulator.settle();
  const found = cloudCensus(stage.emulator);
  return { found, cloud: found.map(({ name }) => name), cluster: clusterCensus(stage.emulator) };
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

/** Creations that the cloud accepted, by path and name: once is enough. */
const createdTwice = () => {
  const counts = new Map<string, number>();
  return {
    see: ({ where, phase, what, status, body }: Write): void => {
      if (where !== 'api' || phase !== 'after' || status !== 201) return;
      if (!what.startsWith('POST ') || what.includes('/actions/')) return;
      const { name, type } = JSON.parse(body ?? '{}') as { name?: string; type?: string };
      const key = `${what} ${name}${what.endsWith('/rrsets') ? ` ${type}` : ''}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    names: (): string[] => [...counts].filter(([, count]) => count > 1).map(([key, count]) => `${key}, ${count} times`),
  };
};

const judge = (
  point: Point,
  heir: Ended,
  stage: Stage,
  whole: Undisturbed,
  { command, look }: Scenario,
): Pick<Verdict, 'orphans' | 'duplicates' | 'manual'> => {
  const { found, cloud, cluster } = censusOf(stage);
  const remembered = idsIn(stage);
  // What all environments share (the zone) belongs to no environment's state.
  const unknown = found.filter(
    ({ address, id }) => address !== undefined && !address.startsWith('shared ') && !remembered.has(id),
  );
  const outputs = outputsOf(heir);
  const [first, second] = outputs;
  const manual: string[] = [];
  // Behind the last separator there is nothing: two outputs are of one command.
  if (heir.code !== 0 && outputs.length < 3) manual.push(`${command}: exit ${heir.code}: ${tail(first?.stderr)}`);
  else if (heir.code !== 0) manual.push(`${look}: exit ${heir.code}: ${tail(second?.stderr)} ${tail(second?.stdout)}`);
  const said = `${first?.stdout}${first?.stderr}`.replaceAll(/\s+\*?\s*/g, ' ');
  const told = /an earlier run by \S+ \(.*\) (?:was|did not end).* at [a-z-]+ [a-z-]+\/\S+/.test(said);
  if (point.where !== 'state' && !told) manual.push('the next run could not say what this one had been at');
  const missing = [...surplus(whole.cloud, cloud), ...surplus(whole.cluster, cluster)];
  manual.push(...missing.map((name) => `${name} is missing`));
  return {
    orphans: [...new Set([...unknown.map(({ name, id }) => `${name} (id ${id})`), ...surplus(cloud, whole.cloud)])],
    duplicates: [...twice(found), ...surplus(cluster, whole.cluster)],
    manual,
  };
};

const tail = (text = ''): string => text.trim().split('\n').slice(-25).join(' ').replaceAll(/\s+/g, ' ');

const idsIn = ({ bucket }: Stage): ReadonlySet<string> => {
  const ids = new Set<string>();
  for (const key of ['production.json', 'shared.json']) {
    const { resources = {} } = JSON.parse(bucket.objects.text(key) ?? '{}') as {
      resources?: Record<string, { id: string }>;
    };
    // The state calls a record set `zone/name/type`, the world `name/type`.
    for (const { id } of Object.values(resources)) ids.add(id).add(id.replace(/^\d+\//, ''));
  }
  return ids;
};

const twice = (found: readonly Found[]): string[] => {
  const seen = new Set<string>();
  return found.flatMap(({ name, address }) => {
    const kind = name.split(' ')[0] ?? '';
    const key = `${kind} ${address}`;
    if (address === undefined || !seen.has(key)) return seen.add(key) && [];
    return [`${name} is the second of ${address}`];
  });
};

export const pointsOf = ({ counts }: Undisturbed): Point[] =>
  (['api', 'machine', 'state'] as const).flatMap((where) =>
    Array.from({ length: counts[where] }, (_, index) => index + 1).flatMap((nth) =>
      (['before', 'after'] as const).map((when) => ({ where, nth, when })),
    ),
  );
