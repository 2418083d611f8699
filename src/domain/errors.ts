/** Exit codes of design §2; a script may rely on them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  changesPending: 2,
  leaseHeld: 3,
  blocked: 4,
  usage: 64,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface FailureDetails {
  /** What is known to have been done, one sentence each. */
  readonly done?: readonly string[];
  /** The next command to run, or what to write instead. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** Every failure that reaches a user: what happened, what is known to have been done, what to do next. */
export class Failure extends Error {
  readonly exitCode: ExitCode = exitCodes.failure;
  readonly done: readonly string[];
  readonly next: string | undefined;
  constructor(message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.done = details.done ?? [];
    this.next = details.next;
  }
}

export class UsageError extends Failure {
  override readonly exitCode = exitCodes.usage;
}

/** One thing wrong in infra.yaml. Line and column are 1-based. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly suggestion?: string;
}
/** All problems of a file at once. */
export class ConfigError extends Failure {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[], details: FailureDetails = {}) {
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the configuration`, details);
    this.problems = problems;
  }
}

/** Another run has the lease. `held`: of what, when it was asked for and not had; waiting for it helps then. */
export class LeaseHeldError extends Failure {
  override readonly exitCode = exitCodes.leaseHeld;
  readonly held: string | undefined;
  constructor(message: string, details: FailureDetails & { readonly held?: string } = {}) {
    super(message, details);
    this.held = details.held;
  }
}

/** A guard said no: protected environment, cap reached, quorum at risk, no stock. */
export class BlockedError extends Failure {
  override readonly exitCode = exitCodes.blocked;
}

/** All places of previews are taken: it goes on when one gets free, which is so of no other guard. */
export class NoPlaceError extends BlockedError {}

export class StateError extends Failure {}

/** The object store refused or did not answer. `unknown`: a write that may have been carried out. */
export class StoreError extends Failure {
  readonly kind: 'refused' | 'unreachable' | 'unknown';
  constructor(message: string, kind: StoreError['kind'], details: FailureDetails = {}) {
    super(message, details);
    this.kind = kind;
  }
}

/** Right before the first change it turned out that nobody wants it any more; the message says why. */
export class WithdrawnError extends Failure {}

/** The saved plan does not fit the world any more. */
export class StalePlanError extends Failure {}

/** SIGINT or SIGTERM: the run ended on purpose, with these steps in flight. */
export class InterruptedError extends Failure {}

/** A Hetzner API error, with its code (`uniqueness_error`, `locked`, …), HTTP status and correlation id. */
export class CloudError extends Failure {
  readonly code: string;
  readonly status: number;
  readonly correlationId: string | undefined;
  readonly retryable: boolean;
  constructor(
    message: string,
    facts: { code: string; status: number; correlationId?: string | undefined; retryable: boolean },
    details: FailureDetails = {},
  ) {
    super(message, details);
    this.code = facts.code;
    this.status = facts.status;
    this.correlationId = facts.correlationId;
    this.retryable = facts.retryable;
  }
}

/** The code host refused or did not answer. `permission`: what its token lacks, in the host's words (`pull_requests=write`). */
export class CodeHostError extends Failure {
  readonly kind: 'refused' | 'no-permission' | 'rate-limited' | 'unreachable' | 'unknown';
  readonly permission: string | undefined;
  constructor(
    message: string,
    facts: { readonly kind: CodeHostError['kind']; readonly permission?: string | undefined },
    details: FailureDetails = {},
  ) {
    super(message, details);
    this.kind = facts.kind;
    this.permission = facts.permission;
  }
}

/** A registry of container images refused or did not answer. */
export class RegistryError extends Failure {
  readonly kind: 'refused' | 'no-login' | 'no-permission' | 'rate-limited' | 'unreachable' | 'not-offered';
  constructor(message: string, kind: RegistryError['kind'], details: FailureDetails = {}) {
    super(message, details);
    this.kind = kind;
  }
}

/** No reply: refused, reset, timed out. For a write the outcome is unknown and must be looked up, never repeated. */
export class NoReplyError extends Failure {}

/** A Hetzner action ended in `error`. */
export class HetznerActionError extends Failure {
  readonly code: string;
  constructor(message: string, code: string, details: FailureDetails = {}) {
    super(message, details);
    this.code = code;
  }
}

/**
 * The cluster's access control is somebody else's, or off: no waiting heals that. `resetIndex`: what its leader wants to
 * find in its reset file before it takes another management token.
 */
export class AccessControlError extends Failure {
  readonly resetIndex: number | undefined;
  constructor(message: string, details: FailureDetails & { readonly resetIndex?: number } = {}) {
    super(message, details);
    this.resetIndex = details.resetIndex;
  }
}

/** A wait ran into its bound; the bound is in the message. */
export class DeadlineError extends Failure {}
