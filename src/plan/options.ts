import type { Address } from '../domain/address.ts';
import type { Environment } from '../domain/environment.ts';
import type { Hash } from '../domain/fingerprint.ts';
import type { Observation } from '../domain/observation.ts';
import type { DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';

/** What the user asked for besides the target; the same fields as ports/session.ts PlanOptions. */
export interface PlanningOptions {
  readonly only?: readonly Address[];
  readonly replace?: readonly Address[];
  /** New disks though nothing differs. */
  readonly rebuild?: readonly Address[];
  readonly adopt?: readonly Address[];
  readonly redeploy?: boolean;
}

/** Everything the planner may look at. Values only: no clock, no chance, no network. */
export interface PlanInput {
  readonly environment: Environment;
  readonly desired: DesiredState;
  readonly observation: Observation;
  readonly state: StateFile | null;
  readonly intent: 'converge' | 'destroy';
  readonly options: PlanningOptions;
  /** What is to be done about the certificate of the ingress, one sentence each; absent: nothing. */
  readonly certificatesDue?: readonly string[];
  /** Servers that should log in otherwise at the registry of images, one sentence each; absent: none. */
  readonly loginsDue?: readonly string[];
  /** ISO 8601. */
  readonly now: string;
  readonly run: string;
  readonly hash: Hash;
}
