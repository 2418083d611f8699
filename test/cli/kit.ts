import type { CliInput, Files, InitAnswers, WorkspaceOptions } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run.ts';
import type { Environment, Target } from '../../src/domain/environment.ts';
import { environmentName } from '../../src/domain/environment.ts';
import type { ExitCode } from '../../src/domain/errors.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { Reporter } from '../../src/ports/reporter.ts';
import type { ApplyOptions, Outcome, PlanOptions, Session, Workspace } from '../../src/ports/session.ts';
import type { Check, StateAccess } from '../../src/ports/state-access.ts';
import { costs, emptyPlan, now, outcome, outputs, state, statusLines, summaries } from './samples.ts';

/** What the fake workspace answers; everything has a quiet default. */
export interface Answers {
  readonly plan?: (options: PlanOptions, target: Target) => Plan | Promise<Plan>;
  readonly apply?: (plan: Plan, options: ApplyOptions, reporter: Reporter) => Outcome | Promise<Outcome>;
  readonly workspace?: Partial<Workspace>;
  readonly session?: Partial<Session>;
  readonly state?: Partial<StateAccess>;
  readonly open?: (options: WorkspaceOptions) => void;
}

export interface World {
  readonly answers?: Answers;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A terminal on stdin, stdout and stderr, so wide. */
  readonly terminal?: number;
  readonly confirm?: boolean;
  /** What is typed at a prompt without echo, or piped in. */
  readonly typed?: string;
  readonly files?: Record<string, string>;
  readonly secrets?: readonly string[];
  readonly checks?: readonly Check[];
  readonly codeHost?: Partial<CodeHost>;
  readonly init?: (answers: InitAnswers) => string;
}

export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** Calls that change something, and the questions asked, in order. */
  readonly calls: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly modes: Readonly<Record<string, number>>;
}

export const stillClock: Clock = { now: () => now, sleep: () => Promise.resolve() };

/** Starts `reconcile <line>`; `interrupt` is Ctrl-C, `exits` the codes the process was ended with at once. */
export const start = (line: string, world: World = {}) => {
  const calls: string[] = [];
  const written = { stdout: '', stderr: '' };
  const files: Record<string, string> = { ...world.files };
  const modes: Record<string, number> = {};
  const exits: number[] = [];
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: world.terminal !== undefined,
    columns: world.terminal,
  });
  const input: CliInput = {
    argv: line.split(' ').filter((word) => word !== ''),
    env: { ...(world.terminal === undefined ? {} : { NO_COLOR: '1' }), ...world.env },
    io: {
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      stdin: { isTTY: world.terminal !== undefined },
      readSecret: async (question) => {
        calls.push(`asked without echo: ${question}`);
        return world.typed ?? '';
      },
      confirm: async (question) => {
        calls.push(`asked: ${question}`);
        return world.confirm ?? false;
      },
      onInterrupt: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      exit: (code) => {
        exits.push(code);
      },
    },
    files: memoryFiles(files, modes),
    clock: stillClock,
    version: '0.1.0',
    openWorkspace: async (options) => {
      calls.push(`opened: ${options.local ?? 'hetzner'}${options.config === null ? '' : ` ${options.config}`}`);
      world.answers?.open?.(options);
      return fakeWorkspace(world.answers ?? {}, options.reporter, calls);
    },
    makeIdentity: async () => ({ text: 'the identity\n', recipient: 'age1recipient' }),
    examine: async () => world.checks ?? [],
    openCodeHost: async () => ({ ...noCodeHost, ...world.codeHost }),
    initTemplate: world.init ?? ((answers) => `${JSON.stringify(answers)}\n`),
    secrets: () => (world.secrets ?? []).map((secret) => new Secret(secret)),
  };
  const ended: Promise<Ran> = runCli(input).then((code) => ({ code, ...written, calls, files, modes }));
  const interrupt = (): void => {
    for (const listener of listeners) listener('SIGINT');
  };
  return { ended, interrupt, exits, written, listening: () => listeners.size };
};

export const run = (line: string, world: World = {}): Promise<Ran> => start(line, world).ended;

const memoryFiles = (files: Record<string, string>, modes: Record<string, number>): Files => ({
  read: async (path) => files[path],
  write: async (path, text, { mode, replace }) => {
    if (!replace && files[path] !== undefined) return 'exists';
    files[path] = text;
    modes[path] = mode;
    return 'written';
  },
});

const unasked = async (): Promise<never> => {
  throw new Error('this test asks the code host nothing of the kind');
};
const noCodeHost: CodeHost = {
  repository: 'acme/shop',
  pullRequest: unasked,
  openPullRequests: unasked,
  permissionOf: unasked,
  reviewedAt: unasked,
  putComment: unasked,
  reply: unasked,
  putDeployment: unasked,
  putCheck: unasked,
  putIssue: unasked,
  usage: () => ({ requests: 0, remaining: null }),
};

const fakeWorkspace = (answers: Answers, reporter: Reporter, calls: string[]): Workspace => ({
  cloudName: 'emulated cloud (simulated)',
  session: async (target) => fakeSession(answers, target, reporter, calls),
  list: async () => summaries,
  cost: async () => costs,
  secrets: async () => {
    throw new Error('this test has no secrets');
  },
  access: async () => {
    throw new Error('this test lets nobody in');
  },
  standings: async () => null,
  previews: async () => {
    throw new Error('this test has no previews');
  },
  life: async () => {
    throw new Error('this test has no code host');
  },
  state: async (target) => ({ ...fakeState, scope: environmentName(target), ...answers.state }),
  initStore: async () => {
    throw new Error('this test has no store');
  },
  migrate: async () => {
    throw new Error('this test moves nothing');
  },
  close: async () => undefined,
  ...answers.workspace,
});

const none = async (): Promise<never> => {
  throw new Error('this test has no such state');
};
const fakeState: StateAccess = {
  ...{ scope: '', history: none, pull: none, push: none, rebuild: none, lease: none, unlock: none, reencrypt: none },
  waitUntilFree: async () => undefined,
  show: async () => ({ path: 'state/files/production.json', state, recipients: null, unfinished: null }),
};

const fakeSession = (answers: Answers, target: Target, reporter: Reporter, calls: string[]): Session => ({
  environment: { project: 'aipacto', name: environmentName(target), ...target } as Environment,
  settle: async () => undefined,
  withAccess: async (_allow, _how, work) => work(),
  rollback: async () => null,
  waitUntilFree: async () => undefined,
  plan: async (options) => {
    reporter.phase('observing the emulated cloud');
    const plan = (await answers.plan?.(options, target)) ?? emptyPlan();
    return { plan, observation: {} as never, state: null };
  },
  apply: async (plan, options) => {
    calls.push(`applied: ${options.command}${options.saved ? ' (saved)' : ''}`);
    return (await answers.apply?.(plan, options, reporter)) ?? outcome();
  },
  state: async () => state,
  outputs: async () => outputs,
  status: async () => statusLines,
  logs: async () => [],
  usage: () => ({ requests: { read: 12, write: 0 }, budget: null }),
  close: async () => undefined,
  ...answers.session,
});
