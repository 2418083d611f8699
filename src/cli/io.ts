import type { Target } from '../domain/environment.ts';
import type { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { Workspace } from '../ports/session.ts';
import type { Check } from '../ports/state-access.ts';

export interface Stream {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal; undefined: not a terminal, nothing is wrapped to fit but 80 columns are kept. */
  readonly columns: number | undefined;
}

/** The process as the CLI sees it; `process-io.ts` makes the real one, tests make their own. */
export interface Io {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: { readonly isTTY: boolean };
  /** Asks on a terminal without showing what is typed; else reads all of stdin, less one line end. Nothing: ''. */
  readSecret(question: string): Promise<string>;
  /** Asks on stderr; true only for a clear yes. */
  confirm(question: string): Promise<boolean>;
  /** Calls the listener at every SIGINT and SIGTERM until the returned function is called. */
  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Ends the process at once: the second Ctrl-C. */
  exit(code: number): void;
}

/** The few file accesses the CLI needs itself: saved plans and `init`. Both throw Failure. */
export interface Files {
  /** undefined: there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** All or nothing. `replace: false` leaves an existing file as it is and says so. */
  write(
    path: string,
    text: string,
    how: { readonly mode: number; readonly replace: boolean; readonly makeFolder?: true },
  ): Promise<'written' | 'exists'>;
}

/** What `--local` asked for; `either`: docker where it can be had, else simulated. */
export type LocalChoice = 'simulated' | 'docker' | 'either';

export interface WorkspaceOptions {
  /** null: the real cloud of HCLOUD_TOKEN and HCLOUD_ENDPOINT. */
  readonly local: LocalChoice | null;
  /** Whose world is wanted; undefined: the command spans all environments. */
  readonly target: Target | undefined;
  /** Path of the configuration; null: `infra.yaml` in the working directory. */
  readonly config: string | null;
  readonly verbose: boolean;
  readonly reporter: Reporter;
}

/** What `init` asks, as `config/init.ts` takes it. */
export interface InitAnswers {
  readonly project: string;
  readonly domain: string;
  readonly location: string;
  readonly serverType: string;
  /** Name of a key in the Hetzner project; null: none. */
  readonly sshKey: string | null;
  readonly staging: boolean;
}

export interface CliInput {
  /** Without node and the script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly io: Io;
  readonly files: Files;
  readonly clock: Clock;
  readonly version: string;
  openWorkspace(options: WorkspaceOptions): Promise<Workspace>;
  /** The repository of infra.yaml, or of GITHUB_REPOSITORY. Throws Failure without GITHUB_TOKEN. */
  openCodeHost(options: Pick<WorkspaceOptions, 'config'>): Promise<CodeHost>;
  initTemplate(answers: InitAnswers): string;
  /** A new age key: `text` is the file as `age` reads it, and secret. */
  makeIdentity(): Promise<{ readonly text: string; readonly recipient: string }>;
  /** Whether all is there that commands need. Never throws for what is missing: that is what it tells. */
  examine(options: WorkspaceOptions): Promise<readonly Check[]>;
  /** Asked whenever something is printed, because secrets become known while a run goes on. */
  secrets(): readonly Secret[];
}
