import { type Address, isAddress } from '../../../src/domain/address.ts';
import { type Move, make, movesOf } from './moves.ts';
import { type EnvironmentName, environmentNames } from './project.ts';
import { type Run, startRun } from './run.ts';
import { checkNamed, checkStrangers, checkTrue } from './settled.ts';
import { isWhole } from './store.ts';
import { calm } from './way.ts';
import { createWorld, type Sabotage, type World } from './world.ts';

export interface Simulation {
  readonly violations: readonly string[];
  readonly story: readonly string[];
  /** Of all that happened: the same moves give the same. */
  readonly hash: string;
  readonly runs: number;
  readonly mutations: number;
  readonly faults: ReadonlyMap<string, number>;
}

const hourMs = 3_600_000;
/** A clean run that finds somebody's lease waits for it; these many must make everything true. */
const cleanRunsMax = 2;
/** Plans that are blocked are no runs: what they ask for is done first. */
const waysMax = 6;

/** Lives through a story, and looks after each of its runs and at its end whether anything is not as it must be. */
export const simulate = async (moves: readonly Move[], sabotage?: Sabotage): Promise<Simulation> => {
  const world = createWorld(sabotage);
  const { witness, timeline, runs } = world;
  for (const move of moves) {
    await timeline.run(move.afterMs, () => witness.violations.length > 0);
    if (witness.violations.length > 0) break;
    make(world, move);
  }
  if (witness.violations.length === 0) await settle(world);
  return {
    violations: witness.violations,
    story: world.story,
    hash: world.hash(),
    runs: runs.length,
    mutations: witness.mutations(),
    faults: world.faults,
  };
};

export const simulateSeed = (seed: number, sabotage?: Sabotage): Promise<Simulation> =>
  simulate(movesOf(seed), sabotage);

/** The faults stop; what runs comes to its end; then clean runs must make everything as infra.yaml says. */
const settle = async (world: World): Promise<void> => {
  const { witness, timeline, runs, bucket } = world;
  // From now on, and not as if it had never been: some runs still wait for a reply that will not come.
  Object.assign(world, { cloudAwayUntil: Math.min(world.cloudAwayUntil, timeline.now()), soldOut: [] });
  bucket.awayUntil = Math.min(bucket.awayUntil, timeline.now());
  for (const run of runs) run.calmDown();
  const ended = (): boolean => runs.every((run) => run.exitCode() !== undefined);
  if (!(await timeline.run(3 * hourMs, ended))) witness.fail(`without an end: ${namesOf(runs)}`);
  for (const run of runs) checkNamed(world, run);
  // Leases of the dead run out, locks are given up.
  await timeline.run(200_000, () => false);
  const touched = environmentNames.filter((name) => runs.some(({ who }) => who.environment === name));
  for (const name of touched) {
    if (witness.violations.length > 0) return;
    await mend(world, name);
  }
  if (witness.violations.length === 0) checkStrangers(world);
};

const namesOf = (runs: readonly Run[]): string =>
  runs.flatMap((run) => (run.exitCode() === undefined ? [run.who.name] : [])).join(', ');

/** What a person does who meets what no run may decide; then clean runs. */
const mend = async (world: World, environment: EnvironmentName): Promise<void> => {
  const { witness, wanted, runs } = world;
  putAway(world, environment);
  const last = runs.findLast(({ who }) => who.environment === environment && who.command !== 'plan');
  const command = last?.who.command === 'destroy' ? 'destroy' : 'converge';
  const before = wanted.get(environment);
  if (before?.protected && command === 'destroy') {
    wanted.set(environment, { ...before, protected: false });
    await clean(world, environment, 'converge', []);
  }
  removeNameless(world, environment, command);
  let adopt: readonly Address[] = [];
  for (let n = 1, ways = 0; n <= cleanRunsMax; ) {
    const run = await clean(world, environment, command, adopt);
    if (run.exitCode() === 0) return checkTrue(world, environment, command);
    const now = wanted.get(environment);
    if (run.said().includes('a cluster cannot shrink to one server') && now !== undefined && ways <= waysMax) {
      world.tell(`a person gives ${environment} three servers again`);
      wanted.set(environment, { ...now, servers: { ...now.servers, count: 3 } });
      continue;
    }
    adopt = [...run.said().matchAll(/--adopt (\S+)/g)].flatMap(([, address = '']) =>
      isAddress(address) ? [address] : [],
    );
    ways += 1;
    // The state was lost and begun anew while a file of the old one lay on a machine: a person decides which is right.
    if (run.said().includes('continues another state') && ways <= waysMax) {
      world.tell(`a person puts away the recovery file of ${environment}`);
      await world.machines[run.machine]?.remove(environment);
      continue;
    }
    if (run.exitCode() !== 4 || adopt.length === 0 || ways > waysMax) n += 1;
  }
  witness.fail(`${cleanRunsMax} clean runs did not ${command} ${environment}: ${runs.at(-1)?.said()}`);
};

/**
 * Without labels, nothing is ours but what the state remembers by id, name and date: what was renamed too, or is in no
 * state any more, a person removes or hands over with `--adopt`.
 */
const removeNameless = (
  { things, witness, bucket, tell }: World,
  environment: EnvironmentName,
  command: string,
): void => {
  const state = bucket.documents.get(`${environment}.json`)?.text ?? '';
  for (const [key, { kind, id, name, labels }] of things.all) {
    if (witness.makers.get(key) !== environment || labels['project'] !== undefined) continue;
    const known = command === 'converge' || state.includes(`"id": "${id}"`);
    if (known && !name.endsWith('-x')) continue;
    tell(`a person removes the nameless ${kind} ${name} of ${environment}`);
    things.all.delete(key);
  }
};

/** A damaged state is put away. */
const putAway = (world: World, environment: EnvironmentName): void => {
  const { bucket, witness } = world;
  const key = `${environment}.json`;
  const document = bucket.documents.get(key);
  if (document !== undefined && !isWhole(document.text)) {
    world.tell(`a person puts the damaged ${key} away`);
    bucket.documents.delete(key);
    witness.forget(key);
  }
};

const clean = async (
  world: World,
  environment: EnvironmentName,
  command: 'converge' | 'destroy',
  adopt: readonly Address[],
): Promise<Run> => {
  const options = { command, environment, seed: world.runs.length, weather: calm, waitMs: 180_000, adopt };
  const run = startRun(world, options);
  await world.timeline.run(hourMs, () => run.exitCode() !== undefined);
  return run;
};
