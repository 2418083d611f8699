import { criticalPathMs } from '../../domain/critical-path.ts';
import type { Plan } from '../../domain/plan.ts';
import type { StateFile } from '../../domain/statefile.ts';
import type { Outcome, Outputs } from '../../ports/session.ts';
import type { ShownState } from '../../ports/state-access.ts';

/** A plan without its effects: they hold whole user data; `plan --out` has them. */
export const planDocument = (plan: Plan, cloudName: string) => ({
  project: plan.project,
  environment: plan.environment,
  environmentType: plan.environmentType,
  intent: plan.intent,
  run: plan.run,
  cloud: cloudName,
  createdAt: plan.createdAt,
  changes: plan.changes.map(({ address, action, reasons, wipes, next, monthlyCents }) => ({
    address,
    action,
    reasons,
    ...(wipes === undefined ? {} : { wipes }),
    ...(next === undefined ? {} : { next }),
    monthlyCents,
  })),
  summary: plan.summary,
  steps: plan.steps.map(({ id, address, dependsOn, estimateMs }) => ({ id, address, dependsOn, estimateMs })),
  estimateMs: criticalPathMs(plan.steps),
  notices: plan.notices,
  monthlyCents: plan.monthlyCents,
  requests: plan.requests,
  budget: plan.budget,
});

/** A converge, an apply, a destroy: the plan, how it ended (null: there was nothing to do), the outputs (null: none). */
export const appliedDocument = (plan: Plan, cloudName: string, outcome: Outcome | null, outputs: Outputs | null) => ({
  ...planDocument(plan, cloudName),
  outcome:
    outcome === null
      ? null
      : {
          result: outcome.result,
          run: outcome.run,
          succeeded: outcome.succeeded,
          failed: outcome.failed,
          skipped: outcome.skipped,
          inFlight: outcome.inFlight,
          remaining: outcome.remaining === null ? null : planDocument(outcome.remaining, cloudName),
          requests: outcome.requests.used,
          budget: outcome.requests.budget,
          elapsedMs: outcome.elapsedMs,
          timings: outcome.timings,
        },
  outputs,
});

/** Where it lies, who can open it, whether its last run ended; and the state itself. */
export const shownDocument = ({ path, recipients, unfinished, state }: ShownState) => ({
  path,
  recipients,
  unfinished,
  state: stateDocument(state),
});

/** Field by field, so that a secret a later version keeps in the state is not printed by having been forgotten here. */
export const stateDocument = (state: StateFile) => ({
  schemaVersion: state.schemaVersion,
  lineage: state.lineage,
  serial: state.serial,
  project: state.project,
  environment: state.environment,
  environmentType: state.environmentType,
  updatedAt: state.updatedAt,
  fencingToken: state.fencingToken,
  resources: Object.fromEntries(
    Object.entries(state.resources).map(([address, entry]) => [
      address,
      {
        kind: entry.kind,
        id: entry.id,
        name: entry.name,
        createdAt: entry.createdAt,
        fingerprint: entry.fingerprint,
        ...(entry.userDataFingerprint === undefined ? {} : { userDataFingerprint: entry.userDataFingerprint }),
        outputs: entry.outputs,
      },
    ]),
  ),
  ...(state.versions === undefined ? {} : { versions: state.versions }),
  ...(state.places === undefined ? {} : { places: state.places }),
  ...(state.images === undefined ? {} : { images: state.images }),
  history: state.history,
});
