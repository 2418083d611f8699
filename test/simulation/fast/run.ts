import { applyPlan } from '../../../src/compose/applying.ts';
import type { TargetContext } from '../../../src/compose/context.ts';
import { createJobSecrets } from '../../../src/compose/job-secrets.ts';
import { createKeyRing } from '../../../src/compose/key-ring.ts';
import type { Leases } from '../../../src/compose/lease.ts';
import { createLeases } from '../../../src/compose/lease.ts';
import { planTarget } from '../../../src/compose/planning.ts';
import { isUnsettled, settleEarlier } from '../../../src/compose/settle-earlier.ts';
import type { Address } from '../../../src/domain/address.ts';
import { targetWords } from '../../../src/domain/environment.ts';
import { Failure, InterruptedError, LeaseHeldError } from '../../../src/domain/errors.ts';
import { isEmpty, type Plan } from '../../../src/domain/plan.ts';
import type { CloudApi } from '../../../src/ports/cloud-api.ts';
import type { Machines } from '../../../src/ports/machines.ts';
import type { Reporter } from '../../../src/ports/reporter.ts';
import type { PlanOptions } from '../../../src/ports/session.ts';
import { createGate } from '../../../src/statefile/gate.ts';
import { type Chance, chanceOf } from './chance.ts';
import { cloudThrough } from './cloud.ts';
import { type Cluster, clusterThrough } from './cluster.ts';
import { assets, type EnvironmentName, keys, project, sealer } from './project.ts';
import { storeThrough } from './store.ts';
import { createProcess, type Process } from './time.ts';
import { calm, createWay, type Weather } from './way.ts';
import type { Who } from './witness.ts';
import type { World } from './world.ts';

export interface RunOptions {
  readonly command: Who['command'];
  readonly environment: EnvironmentName;
  readonly seed: number;
  readonly weather: Weather;
  /** Waits for another's lease this long. */
  readonly waitMs?: number;
  /** Foreign things that are handed over: `--adopt`. */
  readonly adopt?: readonly Address[];
  /** Asked for beside what the command means: `plan --destroy`, `--only`, `--replace`. */
  readonly asked?: Partial<Omit<PlanOptions, 'adopt'>>;
}

/** One process that runs one command, from its start to its end or its death. */
export interface Run {
  readonly who: Who;
  readonly process: Process;
  readonly machine: number;
  readonly pid: number;
  /** 137: killed. Undefined: at work. */
  exitCode(): number | undefined;
  /** All that it printed. */
  said(): string;
  /** SIGINT. */
  interrupt(): void;
  /** SIGSTOP, and SIGCONT after so long. */
  stop(ms: number): void;
  /** From now on nothing goes wrong any more. */
  calmDown(): void;
}

/** A CI system kills 7.5 s after its first signal. */
const stopMsMax = 5_000;
/** Clocks of two machines differ by a third of a lease at most. */
const skewMsMax = 10_000;
/** Some are minutes off; then the store's replies have to tell its time. */
const farOffMsMax = 600_000;

export const startRun = (world: World, options: RunOptions): Run => {
  const { timeline, runs, machines, witness } = world;
  const chance = chanceOf(options.seed);
  const farOff = options.seed % 8 === 3;
  if (farOff) world.met('clock minutes off');
  const skewMs = Math.round((2 * chance.draw() - 1) * (farOff ? farOffMsMax : skewMsMax));
  const process = createProcess(timeline, skewMs);
  const number = runs.length + 1;
  const who: Who = { name: `run ${number}`, environment: options.environment, command: options.command };
  const weather = { ...options.weather } as { -readonly [Key in keyof Weather]: Weather[Key] };
  const told: string[] = [];
  const interruption = new AbortController();
  let exit: number | undefined;
  let interruptedAt: number | undefined;
  let disturbed = options.weather !== calm;
  const run: Run = {
    who,
    process,
    machine: chance.below(machines.length),
    pid: 100 + number,
    exitCode: () => exit ?? (process.dead() ? 137 : undefined),
    said: () => told.join('\n'),
    interrupt: () =>
      process.wake(timeline.now(), () => {
        interruptedAt ??= timeline.now();
        disturbed ||= world.isAway();
        interruption.abort(new InterruptedError('told to stop'));
      }),
    stop: (ms) => {
      disturbed = true;
      process.pause(ms);
    },
    calmDown: () => {
      for (const key of Object.keys(weather) as (keyof Weather)[]) weather[key] = 0;
    },
  };
  runs.push(run);
  world.tell(`${who.name}: ${options.command} ${who.environment}`);
  const context = contextOf(world, { ...options, run, chance, weather, skewMs, told });
  const end = (code: number): void => {
    exit = code;
    if (interruptedAt !== undefined && !disturbed && !world.isAway()) {
      const ms = timeline.now() - interruptedAt;
      if (ms > stopMsMax) witness.fail(`${who.name} took ${Math.round(ms / 1000)} s to stop when it was told to`);
    }
    witness.said(who, run.said());
    world.tell(`${who.name} ended with ${code}${code === 0 ? '' : `: ${run.said().slice(0, 300)}`}`);
  };
  void carryOut(context, options, interruption.signal, told).then(end, (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    witness.fail(`${who.name} met something unforeseen: ${text}`);
    end(70);
  });
  return run;
};

interface Inside extends RunOptions {
  readonly run: Run;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly skewMs: number;
  readonly told: string[];
}

/** As the command line does it: look at the lease, plan, refuse what is blocked, apply, tell. */
const carryOut = async (
  context: TargetContext,
  { command, waitMs = 0, adopt = [], asked = {} }: RunOptions,
  signal: AbortSignal,
  told: string[],
): Promise<number> => {
  const intent = command === 'destroy' ? 'destroy' : 'converge';
  const line = `reconcile ${command === 'converge' ? '' : `${command} `}${targetWords(context.environment)}`;
  const { clock, leases, environment } = context;
  const until = clock.now() + waitMs;
  let also: string | undefined;
  for (;;) {
    const left = Math.max(0, until - clock.now());
    try {
      const waiting = { command: line, waitMs: left, signal, ...(also === undefined ? {} : { also }) };
      if (command !== 'plan') await leases.waitUntilFree(environment.name, waiting);
      return await once(context, { command, line, signal, told, options: { intent, adopt, ...asked } });
    } catch (error) {
      if (signal.aborted && !(error instanceof Failure)) return 1;
      if (!(error instanceof Failure)) throw error;
      told.push(error.message, ...error.done, error.next ?? '');
      if (!(error instanceof LeaseHeldError) || error.held === undefined || left === 0) return error.exitCode;
      also = error.held;
    }
  }
};

interface Once {
  readonly command: Who['command'];
  readonly line: string;
  readonly signal: AbortSignal;
  readonly told: string[];
  readonly options: PlanOptions;
}

const once = async (context: TargetContext, { command, line, signal, told, options }: Once): Promise<number> => {
  const planned = await planTarget(context, options);
  const { plan, observation } = planned;
  const blocked = plan.changes.filter(({ action }) => action === 'blocked');
  for (const { address, reasons, next } of blocked)
    told.push(`blocked: ${address}: ${reasons.map(({ because }) => because).join('; ')} → ${next}`);
  if (blocked.length > 0) return 4;
  if (command === 'plan') return isEmpty(plan) ? 0 : 2;
  if (isEmpty(plan)) {
    if (isUnsettled(planned)) await settleEarlier(context, plan, line);
    return 0;
  }
  const { outcome } = await applyPlan(context, plan, { command: line, signal, saved: false, observation });
  const { result, failed, inFlight, skipped, remaining } = outcome;
  told.push(`${result}`, ...failed.map(({ step, message, next }) => `${step}: ${message} → ${next}`));
  told.push(`in flight: ${inFlight.join(', ')}`, `skipped: ${skipped.join(', ')}`);
  if (remaining !== null) told.push(`remaining: ${stepsOf(remaining)}`);
  return result === 'converged' ? 0 : 1;
};

const stepsOf = ({ steps }: Plan): string => steps.map(({ id }) => id).join(', ');

const post = new Request('http://simulated.invalid/', { method: 'POST' });
const done = new Response();

const contextOf = (world: World, inside: Inside): TargetContext => {
  const { timeline, things, bucket, witness, machines, sabotage } = world;
  const { run, chance, weather, environment: name, told } = inside;
  const { who, process } = run;
  const { clock } = process;
  const { random } = chance;
  const way = createWay({
    timeline,
    process,
    chance,
    weather,
    met: world.met,
    tell: (text) => world.tell(`${who.name} ${text}`),
  });
  const { now } = timeline;
  const store = storeThrough({
    bucket,
    way,
    now,
    conditional: sabotage !== 'no-fence',
    writes: (...what) => witness.writes(who, ...what),
    skewMs: chance.often(0.5) || Math.abs(inside.skewMs) > skewMsMax ? -inside.skewMs : undefined,
  });
  const gate = createGate();
  const gated = async <T>(send: () => Promise<T>): Promise<T> => {
    if (sabotage === 'no-fence' || sabotage === 'no-lease') return send();
    let value: { readonly of: T } | undefined;
    await gate.guard(async () => {
      value = { of: await send() };
      return done;
    })(post);
    return (value as { readonly of: T }).of;
  };
  const environment = world.wanted.get(name);
  if (environment === undefined) throw new TypeError(`no environment ${name}`);
  const cloud = cloudThrough({
    ...{ things, process, way, chance, weather, now, gated, met: world.met },
    away: () => now() < world.cloudAwayUntil,
    soldOut: () => world.soldOut,
    arrives: (effect) => witness.mutates(who, effect),
    listed: (kind, complete) => witness.listed(who, kind, complete),
  });
  const operations = clusterThrough({
    ...{ things, process, now, gated },
    cluster: world.clusters.get(name) as Cluster,
    owner: `${environment.project}/${name}`,
    bootFails: () => {
      const fails = weather.bootFails > 0 && chance.often(weather.bootFails);
      if (fails) world.met('server did not boot');
      return fails;
    },
    arrives: (what) => witness.mutatesCluster(who, what),
  });
  const ring = createKeyRing({ store, sealer, project: project.project, environment: name, onSecret: () => undefined });
  const reporter = reporterOf(told);
  // Nothing is taken out of what is written: a secret that gets there is to be seen.
  const redacted = (text: string): string => text;
  const shared = { store, sealer, config: project, random, clock, redacted, onSecret: () => undefined };
  return {
    ...shared,
    ...{
      assets,
      environment,
      reporter,
      gate,
      operations,
      recovery: machines[run.machine] as TargetContext['recovery'],
    },
    cloud: sabotaged(cloud, world, name),
    ungated: cloud,
    callerAddress: async () => undefined,
    cloudName: 'a simulated cloud',
    local: false,
    reachMachines: () => noMachines,
    leases: leasesOf(world, { run, store, clock, random, reporter }),
    env: {},
    version: '0.0.0',
    holder: { host: `machine-${run.machine}`, pid: run.pid, user: 'tester' },
    closeCloud: async () => undefined,
    // Made beforehand: making them takes other threads.
    keyRing: { ...ring, start: () => ring.start(async () => keys[name]) },
    secrets: createJobSecrets(shared, environment),
    machines: noMachines,
    tailnet: () => null,
    door: { letIn: false },
    contextFor: () => {
      throw new TypeError('a simulated run speaks of one environment');
    },
    certificates: { load: async () => undefined, due: () => [], files: async () => [], ensure: async () => undefined },
    pulls: { due: () => [], files: () => [], require: () => undefined, ensure: async () => undefined },
  };
};

const noMachines = new Proxy({} as ReturnType<TargetContext['reachMachines']> & Machines, {
  get: () => {
    throw new TypeError('there are no machines here');
  },
});

/** Adoption by labels is off: what no state knows is not seen. */
const withoutLookup = (cloud: CloudApi, { bucket }: World, name: string): CloudApi => ({
  ...cloud,
  find: async () => undefined,
  list: async (kind) => {
    const listing = await cloud.list(kind);
    const known = bucket.documents.get(`${name}.json`)?.text ?? '';
    return { ...listing, items: listing.items.filter(({ id }) => known.includes(`"id": "${id}"`)) };
  },
});

const sabotaged = (cloud: CloudApi, world: World, name: string): CloudApi => {
  if (world.sabotage === 'no-lookup') return withoutLookup(cloud, world, name);
  return world.sabotage === 'no-labels' ? withoutLabels(cloud) : cloud;
};

const withoutLabels = (cloud: CloudApi): CloudApi => ({
  ...cloud,
  perform: (effect, ...rest) => {
    if (effect.op !== 'create') return cloud.perform(effect, ...rest);
    const resource = { ...effect.resource, labels: {} };
    return cloud.perform({ ...effect, resource }, ...rest);
  },
});

type LeasesNeed = Pick<TargetContext, 'store' | 'clock' | 'random' | 'reporter'> & { readonly run: Run };

/** The real ones; whether a process of this machine lives is asked of this world, not of the machine the test runs on. */
const leasesOf = (world: World, { run, store, clock, random, reporter }: LeasesNeed): Leases => {
  const holder = { host: `machine-${run.machine}`, pid: run.pid, user: 'tester' };
  const isAlive = (pid: number): boolean => world.runs.some((one) => one.pid === pid && one.exitCode() === undefined);
  const pidNamespace = `machine-${run.machine}`;
  const leases = createLeases({ store, clock, random, holder, reporter, isAlive, pidNamespace });
  if (world.sabotage === 'no-lease') return { ...leases, take: async (wanted) => noLease(wanted.command, holder) };
  if (world.sabotage !== 'no-fence') return leases;
  return { ...leases, take: async (wanted) => ({ ...(await leases.take(wanted)), check: async () => undefined }) };
};

const noLease = (command: string, { host, pid, user }: { host: string; pid: number; user: string }) => ({
  record: () => ({
    ...{ holder: `${user}@${host}`, host, pid, command, fencingToken: 1_000_000, released: false },
    ...{ acquiredAt: '2026-11-24T00:00:00.000Z', expiresAt: '2027-11-24T00:00:00.000Z' },
  }),
  check: async () => undefined,
  mayMutate: () => true,
  tooShort: () => new LeaseHeldError('never'),
  lost: new AbortController().signal,
  release: async () => true,
  leave: () => undefined,
});

const reporterOf = (told: string[]): Reporter => ({
  phase: () => undefined,
  planStarted: () => undefined,
  stepStarted: () => undefined,
  stepWaiting: () => undefined,
  stepSucceeded: () => undefined,
  stepFailed: (step, error) => {
    told.push(`${step.id} failed: ${error.message}`, ...(error instanceof Failure ? error.done : []));
  },
  stepSkipped: () => undefined,
  notice: (text) => void told.push(text),
  requests: () => undefined,
});
