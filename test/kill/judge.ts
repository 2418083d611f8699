import { cloudCensus, clusterCensus, type Found, surplus } from './census.ts';
import { type Ended, outputsOf } from './process.ts';
import type { Scenario } from './scenarios.ts';
import type { Stage, Where, Write } from './stage.ts';

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
/** Everything that is on its way has come to its end. */
export const censusOf = (stage: Stage) => {
  stage.time.reach(stage.time.now() + 60_000);
  stage.emulator.settle();
  const found = cloudCensus(stage.emulator);
  return { found, cloud: found.map(({ name }) => name), cluster: clusterCensus(stage.emulator) };
};

/** Creations that the cloud accepted, by path and name: once is enough. */
export const createdTwice = () => {
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

export const judge = (
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
