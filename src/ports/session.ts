import type { Address } from '../domain/address.ts';
import type { Environment, Target } from '../domain/environment.ts';
import type { Observation, RequestBudget, RequestCount } from '../domain/observation.ts';
import type { CostLine, Plan } from '../domain/plan.ts';
import type { Images } from '../domain/preview.ts';
import type { Secret } from '../domain/secret.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { RecoverAccess } from './cluster-operations.ts';
import type { CodeHost } from './code-host.ts';
import type { TimedPart } from './machines.ts';
import type { PreviewLife } from './preview-life.ts';
import type { PreviewWorld } from './previews.ts';
import type { MigrationPlan, Prepared, StateAccess, StoreReport } from './state-access.ts';

export interface PlanOptions {
  readonly intent: 'converge' | 'destroy';
  readonly only?: readonly Address[];
  readonly replace?: readonly Address[];
  /** Servers that get a new disk although nothing about them differs. */
  readonly rebuild?: readonly Address[];
  /** Foreign things with a wanted name that the user hands over to us. */
  readonly adopt?: readonly Address[];
  /** `--image`, by job: what they run from now on. */
  readonly images?: Images;
  /** With every copy of the keys gone. */
  readonly recoverAccess?: RecoverAccess;
  /** Jobs are deployed again although nothing about them differs. */
  readonly redeploy?: boolean;
  /** `needed`: only kinds of which something is wanted or remembered are listed; such a plan makes and deletes nothing else. */
  readonly lists?: 'needed';
}
export interface Planned {
  readonly plan: Plan;
  readonly observation: Observation;
  readonly state: StateFile | null;
}

/** `saved`: the plan was read from a file, so its basis is checked against a new observation. */
export interface ApplyOptions {
  readonly command: string;
  readonly signal: AbortSignal;
  readonly saved: boolean;
  /**
   * Asked under the lease, once the place was taken and before anything is made: a sentence ends it there with
   * WithdrawnError, and the place is free again where nothing exists.
   */
  readonly stillWanted?: () => Promise<string | null>;
  /** As in PlanOptions: for the look after it. */
  readonly lists?: 'needed';
}

/** Where a run's time went; milliseconds, `startedMs` counted from the run's first step. */
export interface StepTiming {
  readonly step: string;
  readonly dependsOn: readonly string[];
  readonly startedMs: number;
  readonly elapsedMs: number;
  /** What it was made of, as far as anybody knows: modules of cloud-init, stages of the bootstrap, elections. */
  readonly parts: readonly TimedPart[];
}

/** How an apply ended. `converged`: a second observation made an empty plan. */
export interface Outcome {
  readonly result: 'converged' | 'failed' | 'interrupted';
  readonly run: string;
  readonly succeeded: readonly string[];
  readonly failed: readonly { readonly step: string; readonly message: string; readonly next?: string }[];
  readonly skipped: readonly string[];
  readonly inFlight: readonly string[];
  /** What the second plan still wants; empty when converged. */
  readonly remaining: Plan | null;
  readonly requests: { readonly used: RequestCount; readonly budget: RequestBudget | null };
  readonly elapsedMs: number;
  /** Every step with what it was made of, by start; of an in-flight step nothing is known. */
  readonly timings: readonly StepTiming[];
}

export interface Outputs {
  readonly load_balancer_ip: string | null;
  readonly nomad_ui_url: string | null;
  readonly consul_ui_url: string | null;
  readonly environment_url: string;
  readonly server_ips: Readonly<Record<string, { readonly public: string | null; readonly private: string }>>;
}

export interface StatusLine {
  readonly layer: 'servers' | 'load-balancer' | 'dns' | 'consul' | 'nomad' | 'jobs';
  readonly name: string;
  readonly health: 'ok' | 'bad' | 'unknown' | 'absent';
  readonly detail: string;
}

export interface EnvironmentSummary {
  readonly environment: string;
  readonly type: string;
  readonly servers: readonly {
    readonly name: string;
    readonly status: string;
    readonly type: string;
    readonly ipv4: string | null;
  }[];
  readonly createdAt: string | null;
  readonly ageMs: number | null;
  readonly health: 'ok' | 'bad' | 'unknown';
  readonly monthlyCents: number;
  readonly url: string | null;
  readonly lastChange: { readonly at: string; readonly command: string; readonly outcome: string } | null;
}

/** What is known of one preview beside what the cloud tells. */
export interface PreviewStanding {
  readonly environment: string;
  /** `place only`: it has a place and nothing in the cloud: it is just being made, or a run died. */
  readonly is: 'there' | 'place only' | 'waiting';
  /** Login at the code host; null: made by hand. */
  readonly author: string | null;
  /** Since somebody worked on it. */
  readonly idleMs: number | null;
  /** ISO 8601: when it goes unless somebody works on it. */
  readonly goesAt: string | null;
  readonly waitingSince: string | null;
  readonly place: { readonly since: string; readonly holder: string } | null;
}
/** Longest first; those that wait stand last. */
export interface PreviewStandings {
  readonly max: number;
  readonly taken: number;
  readonly previews: readonly PreviewStanding[];
}

export interface CostReport {
  readonly currency: string;
  readonly vatRate: string;
  readonly environments: readonly {
    readonly environment: string;
    readonly servers: number;
    readonly lines: readonly CostLine[];
    readonly monthlyCents: number;
    readonly annualCents: number;
  }[];
  /** Typical and maximum, each with what it is made of. */
  readonly totals: readonly {
    readonly name: string;
    readonly madeOf: string;
    readonly monthlyCents: number;
    readonly annualCents: number;
  }[];
}

/** How long to wait for another run to end. */
export interface WaitOptions {
  /** As typed; named in the message with `--wait`. */
  readonly command: string;
  /** 0: look once. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Another lease that was wanted and held: `shared`. */
  readonly also?: string;
}

/** What a run at work elsewhere keeps others from. */
export interface Awaited {
  /** One look at the lease, more while it is held; takes nothing. Throws LeaseHeldError when the time is up. */
  waitUntilFree(options: WaitOptions): Promise<void>;
}

/** Who gets in at port 22 while a run is at work. */
export interface AllowRunner {
  /** An IP address; null: it is found out. */
  readonly address: string | null;
}
export interface WithAccess {
  /** As typed; what the lease names. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** false: for work that only looks. */
  readonly lease?: false;
}

/** One target with its adapters built. Reading methods write nothing anywhere. */
export interface Session extends Awaited {
  readonly environment: Environment;
  plan(options: PlanOptions): Promise<Planned>;
  /** What the servers that a preview shares lack for it, with its own plan; null: nothing. Only of previews in a pool. */
  host?(): Promise<{ readonly session: Session; readonly plan: Plan } | null>;
  /** Takes the lease, refuses a plan whose basis moved, executes, observes again. */
  apply(plan: Plan, options: ApplyOptions): Promise<Outcome>;
  /**
   * After a plan that wants nothing: takes in what an earlier run could not store, and closes the record of one that was
   * killed at its very end. Does nothing, and asks for nothing, when there is neither.
   */
  settle(command: string): Promise<void>;
  /**
   * Images that jobs ran healthily before, and what they have now: those that never became healthy, else what was
   * deployed last. null: nothing is known to go back to.
   */
  rollback(options: {
    readonly failedOnly: boolean;
  }): Promise<{ readonly images: Images; readonly from: Images } | null>;
  /**
   * Takes the lease, lets this machine in at port 22 by a rule of its own, does the work (which plans and applies under
   * that very lease), and removes the rule however the work ends. Without the lease for work that only looks.
   */
  withAccess<T>(allow: AllowRunner, how: WithAccess, work: () => Promise<T>): Promise<T>;
  state(): Promise<StateFile | null>;
  outputs(): Promise<Outputs>;
  status(): Promise<readonly StatusLine[]>;
  /** The last lines of a job's output, without secrets; null: all jobs. Throws Failure where there is no such job. */
  logs(job: string | null, lines: number): Promise<readonly { readonly job: string; readonly text: string }[]>;
  usage(): { readonly requests: RequestCount; readonly budget: RequestBudget | null };
  /** Ends connections to machines. */
  close(): Promise<void>;
}

/** One secret of the applications; its value is never shown. */
export interface SecretLine {
  readonly name: string;
  /** Where the value comes from; `missing`: nowhere, and the next deploy refuses. */
  readonly value: 'set' | 'of all previews' | 'generated' | 'infra.yaml' | 'optional' | 'missing';
  /** ISO 8601; null: there is no value of ours. */
  readonly setAt: string | null;
  /** Names of the jobs that read it. */
  readonly jobs: readonly string[];
}

/** The applications' secrets of one environment, or of all previews. `command` is what the lease names. */
export interface SecretsAccess extends Awaited {
  /** `production`, `pr-7`, `all previews`. */
  readonly scope: string;
  /** Whether a job of infra.yaml reads it. */
  knows(name: string): boolean;
  list(): Promise<readonly SecretLine[]>;
  set(name: string, value: Secret, command: string): Promise<'set' | 'replaced' | 'unchanged'>;
  /** `generated`: infra.yaml wants it generated, so it has a new value now. */
  unset(name: string, command: string): Promise<'removed' | 'generated' | 'absent'>;
}

/** A way in at port 22 for a human. */
export interface RunnerAccess {
  /** `production`, `pr-7`. */
  readonly scope: string;
  /** `address` null: that of this machine. */
  open(how: { readonly address: string | null; readonly forMs: number }): Promise<{
    readonly result: 'opened' | 'extended';
    /** `203.0.113.7/32` */
    readonly from: string;
    readonly expiresMs: number;
  }>;
  /** Every rule of the environment, or that of one address; not that of a run that is at work. */
  close(how: { readonly address: string | null }): Promise<{
    readonly removed: readonly string[];
    readonly left: readonly string[];
  }>;
  /** Only what is over, and what killed runs left, in the whole Hetzner project. A line each. */
  expire(): Promise<readonly string[]>;
}

/** Of a run that spans previews. */
export interface PreviewOptions {
  /** As typed: in leases and histories. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** `all`: what an earlier infra.yaml left is looked for too; `needed` costs fewer requests. */
  readonly kinds: 'needed' | 'all';
  /** So long is another run waited for before it is told as `held`; left out: not at all. */
  readonly waitMs?: number;
  /** Lets this machine in at port 22 of each preview while it is worked on; null: it gets in anyway. */
  readonly allowRunner: AllowRunner | null;
}

/** The whole project. */
export interface Workspace {
  /** `pr` without a number: the set that all previews share. */
  secrets(target: Target): Promise<SecretsAccess>;
  access(target: Target): Promise<RunnerAccess>;
  session(target: Target): Promise<Session>;
  /** `pr` without a number: what belongs to no single environment. */
  state(target: Target): Promise<StateAccess>;
  /** Makes the place of the states, and tries it out. `previews`: theirs, if infra.yaml has one; UsageError if not. */
  initStore(whose: 'all' | 'previews'): Promise<StoreReport>;
  /** Of all states of the project. */
  migrate(to: 'local' | 's3', whose: 'all' | 'previews'): Promise<Prepared<MigrationPlan, void>>;
  /** The session a saved plan belongs to. */
  list(): Promise<readonly EnvironmentSummary[]>;
  /** `existing`: names of what is in the cloud; null: nobody has looked. null: infra.yaml has no previews. */
  standings(existing: readonly string[] | null): Promise<PreviewStandings | null>;
  /** Throws ConfigError where infra.yaml has no previews. */
  previews(options: PreviewOptions): Promise<PreviewWorld>;
  /** Previews and the code host that their pull requests are at. */
  life(options: PreviewOptions, host: CodeHost): Promise<PreviewLife>;
  cost(target?: Target): Promise<CostReport>;
  /** Ends what its sessions hold open; the process could not end otherwise. */
  close(): Promise<void>;
  /** For headings: `emulated cloud (simulated), world state/local/world.json` or `api.hetzner.cloud`. */
  readonly cloudName: string;
}
