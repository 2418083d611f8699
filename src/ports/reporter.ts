import type { RequestCount } from '../domain/observation.ts';
import type { Plan, Step } from '../domain/plan.ts';

/** What happens while it happens. Goes to stderr; the CLI decides how it looks. */
export interface Reporter {
  /** One line of progress before and around the steps: `observing 11 kinds`. */
  phase(text: string): void;
  planStarted(plan: Plan): void;
  stepStarted(step: Step): void;
  /** What the step is waiting for now: `Hetzner action create_server, 40 %`. */
  stepWaiting(step: Step, detail: string): void;
  stepSucceeded(step: Step, elapsedMs: number): void;
  stepFailed(step: Step, error: Error): void;
  stepSkipped(step: Step, because: string): void;
  notice(text: string): void;
  requests(count: RequestCount): void;
}
