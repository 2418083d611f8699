import type { Environment } from '../domain/environment.ts';
import type { Observation } from '../domain/observation.ts';
import type { Plan } from '../domain/plan.ts';
import type { DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';
import { auditCounts, auditCoverage } from './changes.ts';
import { auditGraph } from './graph.ts';
import { auditOwnership } from './ownership.ts';
import { auditQuorum } from './quorum.ts';
import { auditRequests } from './requests.ts';

export interface AuditFinding {
  /** `error`: the plan must not be carried out. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface AuditInput {
  readonly plan: Plan;
  readonly desired: DesiredState;
  readonly observation: Observation;
  readonly state: StateFile | null;
  readonly environment: Environment;
}

export type Audit = (input: AuditInput) => readonly AuditFinding[];

export const error = (message: string): AuditFinding => ({ severity: 'error', message });
export const warning = (message: string): AuditFinding => ({ severity: 'warning', message });

/**
 * Re-checks a finished plan by another route than the one that made it: it starts from the steps and asks of each what
 * makes it safe, and shares no code with the planner's rules. An empty list is a sound plan.
 */
export const auditPlan = (input: AuditInput): AuditFinding[] =>
  [auditOwnership, auditGraph, auditCoverage, auditCounts, auditRequests, auditQuorum].flatMap((audit) => audit(input));
