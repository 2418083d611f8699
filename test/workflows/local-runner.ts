import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contexts, interpolate, isWanted, type Standing, text, type Value } from './expressions.ts';
import { type Action, type Job, loadAction, type Step, type Workflow } from './workflow.ts';

/*
 * Runs a workflow's jobs here, step by step: their shell as it stands in the YAML, with the files and variables that
 * GitHub's runner gives it. Actions of others are replaced by stand-ins, by name.
 */

export interface StepContext {
  readonly workspace: string;
  readonly temp: string;
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}
/** Throws where the action would fail. */
export type StandIn = (context: StepContext) => Promise<void>;

export interface Runner {
  /** Of this run: each job gets a workspace of its own below. */
  readonly directory: string;
  readonly repository: string;
  readonly sha: string;
  readonly eventName: string;
  readonly event: unknown;
  readonly token: string;
  readonly vars: Readonly<Record<string, string>>;
  /** By environment. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Environments whose reviewer says no. */
  readonly refuses?: readonly string[];
  /** `actions/checkout`: instead of it. */
  readonly uses: Readonly<Record<string, StandIn>>;
  /** Told of every step that is about to run, by its name. */
  readonly before?: (name: string) => Promise<void>;
  /** Of every process. */
  readonly env: Readonly<Record<string, string>>;
}

export interface RanStep {
  readonly name: string;
  readonly outcome: 'success' | 'failure' | 'skipped';
  /** What ran: `shell`, or the stand-in's name. */
  readonly by: string;
  readonly log: string;
}
export interface RanJob {
  readonly result: 'success' | 'failure' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly RanStep[];
  /** Markdown. */
  readonly summary: string;
  readonly url: string | null;
}
export type Ran = Readonly<Record<string, RanJob>>;

/** Every job once those it needs have ended; a matrix makes `check (staging)` of `check`. */
export const runWorkflow = async (workflow: Workflow, runner: Runner): Promise<Ran> => {
  const ran: Record<string, RanJob> = {};
  const left = new Map(Object.entries(workflow.jobs));
  while (left.size > 0) {
    const ready = [...left].find(([, job]) => job.needs.every((need) => need in ran));
    if (ready === undefined) throw new Error(`jobs that need each other: ${[...left.keys()].join(', ')}`);
    const [id, job] = ready;
    left.delete(id);
    for (const matrix of combinations(job, runner)) {
      const name = matrix === null ? id : `${id} (${Object.values(matrix).map(text).join(', ')})`;
      ran[name] = await runJob(name, job, matrix, ran, runner);
    }
  }
  return ran;
};

const githubOf = (runner: Runner): Value => ({
  repository: runner.repository,
  event_name: runner.eventName,
  event: runner.event as Value,
  sha: runner.sha,
  ref: 'refs/heads/main',
  token: runner.token,
});

const combinations = ({ strategy }: Job, runner: Runner): ({ readonly [name: string]: Value } | null)[] => {
  if (strategy === undefined) return [null];
  const [[name = '', values] = [], ...more] = Object.entries(strategy.matrix);
  if (more.length > 0) throw new Error('a matrix of several rows is not known here');
  const list = typeof values === 'string' ? interpolate(values, { vars: runner.vars }) : values;
  if (!Array.isArray(list)) throw new Error(`the matrix ${name} is no list`);
  return list.map((value: Value) => ({ [name]: value }));
};

const runJob = async (
  name: string,
  job: Job,
  matrix: { readonly [name: string]: Value } | null,
  ran: Ran,
  runner: Runner,
): Promise<RanJob> => {
  const needs = Object.fromEntries(job.needs.map((need) => [need, ran[need] as RanJob]));
  const results = Object.values(needs).map(({ result }) => result);
  const bad = results.includes('failure') ? 'failure' : results.includes('skipped') ? 'skipped' : 'success';
  const contexts: Contexts = {
    github: githubOf(runner),
    vars: runner.vars,
    needs: Object.fromEntries(Object.entries(needs).map(([id, { result, outputs }]) => [id, { result, outputs }])),
    ...(matrix === null ? {} : { matrix }),
  };
  const skipped: RanJob = { result: 'skipped', outputs: {}, steps: [], summary: '', url: null };
  // A job whose needs were skipped is skipped like one whose needs failed, unless it asks for something else.
  if (!isWanted(job.if, contexts, bad === 'success' ? 'success' : 'failure')) return skipped;
  const declared = typeof job.environment === 'string' ? job.environment : job.environment?.name;
  const environment = declared === undefined ? undefined : text(interpolate(declared, contexts));
  if (environment !== undefined && runner.refuses?.includes(environment)) return { ...skipped, result: 'failure' };
  const directory = join(runner.directory, name.replaceAll(/[^a-z0-9-]/gi, '_'));
  const place = { workspace: join(directory, 'workspace'), temp: join(directory, 'temp') };
  for (const path of Object.values(place)) mkdirSync(path, { recursive: true });
  writeFileSync(join(place.temp, 'event.github.json'), JSON.stringify(runner.event));
  const steps = await runSteps(job.steps, {
    runner,
    place,
    contexts: { ...contexts, secrets: environment === undefined ? {} : (runner.secrets[environment] ?? {}) },
    env: {},
    defaultShell: 'bash -e',
  });
  const ended = { ...contexts, steps: steps.outputs };
  const outputs = valuesOf(job.outputs ?? {}, ended);
  const url = typeof job.environment === 'object' ? text(interpolate(job.environment.url, ended)) : null;
  return { result: steps.failed ? 'failure' : 'success', outputs, steps: steps.ran, summary: steps.summary, url };
};

interface Around {
  readonly runner: Runner;
  readonly place: { readonly workspace: string; readonly temp: string };
  readonly contexts: Contexts;
  /** Of the step that used a composite action. */
  readonly env: Readonly<Record<string, string>>;
  readonly actionPath?: string;
  readonly defaultShell: 'bash -e';
}
interface RanSteps {
  readonly failed: boolean;
  readonly ran: RanStep[];
  readonly outputs: Record<string, Value>;
  readonly summary: string;
}

const runSteps = async (steps: readonly Step[], around: Around): Promise<RanSteps> => {
  const ran: RanStep[] = [];
  const outputs: Record<string, Value> = {};
  let summary = '';
  let standing: Standing = 'success';
  for (const step of steps) {
    const contexts = { ...around.contexts, steps: outputs, runner: { temp: around.place.temp } };
    const name = step.name ?? step.uses ?? step.run ?? '';
    if (!isWanted(step.if, contexts, standing)) {
      ran.push({ name, outcome: 'skipped', by: '', log: '' });
      if (step.id !== undefined) outputs[step.id] = { outcome: 'skipped', outputs: {} };
      continue;
    }
    await around.runner.before?.(name);
    const one = await runStep(step, contexts, around);
    const outcome = one.failed ? 'failure' : 'success';
    if (one.failed) standing = 'failure';
    ran.push(...one.inner, { name, outcome, by: one.by, log: one.log });
    summary += one.summary;
    if (step.id !== undefined) outputs[step.id] = { outcome, outputs: one.outputs };
  }
  return { failed: standing === 'failure', ran, outputs, summary };
};

interface RanOne {
  readonly failed: boolean;
  readonly by: string;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly inner: readonly RanStep[];
}

const runStep = async (step: Step, contexts: Contexts, around: Around): Promise<RanOne> => {
  const env = { ...around.env, ...valuesOf(step.env ?? {}, contexts) };
  const given = valuesOf(step.with ?? {}, contexts);
  if (step.uses?.startsWith('./')) return useAction(step.uses, { ...around, env, contexts }, given);
  const context: StepContext = { ...around.place, with: given, env };
  const { runner } = around;
  if (step.uses !== undefined) {
    const name = step.uses.replace(/@.*/, '');
    const standIn = runner.uses[name];
    if (standIn === undefined) throw new Error(`nothing stands in for ${name}`);
    return standing(name, standIn, context);
  }
  return runShell(step, contexts, around, env);
};

const standing = async (by: string, standIn: StandIn, context: StepContext): Promise<RanOne> => {
  try {
    await standIn(context);
    return { failed: false, by, log: '', outputs: {}, summary: '', inner: [] };
  } catch (error) {
    return { failed: true, by, log: String(error), outputs: {}, summary: '', inner: [] };
  }
};

/** A composite action of this repository, from the tree that was checked out. */
const useAction = async (uses: string, around: Around, given: Readonly<Record<string, string>>): Promise<RanOne> => {
  const file = join(uses.slice(2), 'action.yml');
  const ran = await runAction(loadAction(file), around, given, join(around.place.workspace, uses));
  return { ...ran, by: uses };
};

export const runAction = async (
  action: Action,
  around: Omit<Around, 'defaultShell'>,
  given: Readonly<Record<string, string>>,
  actionPath: string,
): Promise<Omit<RanOne, 'by'>> => {
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { required, default: otherwise = '' }]) => {
      if (required && !(name in given)) throw new Error(`input ${name} is missing`);
      return [name, given[name] ?? text(interpolate(otherwise, around.contexts))];
    }),
  );
  // The secrets of the job are no context here: an action sees what its caller hands over.
  const { secrets: _none, ...contexts } = around.contexts;
  const steps = await runSteps(action.runs.steps, {
    ...around,
    contexts: { ...contexts, inputs },
    actionPath,
    defaultShell: 'bash -e',
  });
  const outputs = valuesOf(
    Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, value])),
    { ...contexts, inputs, steps: steps.outputs },
  );
  const log = steps.ran.map((step) => step.log).join('');
  return { failed: steps.failed, log, outputs, summary: steps.summary, inner: steps.ran };
};

const boundMs = 100_000;

const runShell = async (
  step: Step,
  contexts: Contexts,
  { runner, place, actionPath }: Around,
  env: Readonly<Record<string, string>>,
): Promise<RanOne> => {
  const file = (name: string): string => {
    const path = join(place.temp, name);
    writeFileSync(path, '');
    return path;
  };
  const files = { output: file('output'), summary: file('summary'), env: file('env'), path: file('path') };
  const script = join(place.temp, 'step.sh');
  writeFileSync(script, step.run ?? '');
  const folder = text(interpolate(step['working-directory'] ?? '.', contexts));
  const flags = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  const { code, log } = await processOf('bash', [...flags, script], join(place.workspace, folder), {
    ...runner.env,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: runner.repository,
    GITHUB_SHA: runner.sha,
    GITHUB_EVENT_NAME: runner.eventName,
    GITHUB_EVENT_PATH: join(place.temp, 'event.github.json'),
    GITHUB_WORKSPACE: place.workspace,
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_ENV: files.env,
    GITHUB_PATH: files.path,
    RUNNER_TEMP: place.temp,
    ...(actionPath === undefined ? {} : { GITHUB_ACTION_PATH: actionPath }),
    ...env,
  });
  const outputs = Object.fromEntries(
    readFileSync(files.output, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  ) as Record<string, string>;
  return { failed: code !== 0, by: 'shell', log, outputs, summary: readFileSync(files.summary, 'utf8'), inner: [] };
};

const processOf = (
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly log: string }> =>
  new Promise((resolve, reject) => {
    // A group of its own: what a shell has started ends with it.
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let log = '';
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), boundMs);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => {
        log += piece;
      });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, log });
    });
  });

const valuesOf = (
  given: Readonly<Record<string, string | number | boolean>>,
  contexts: Contexts,
): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, text(interpolate(String(value), contexts))]));
