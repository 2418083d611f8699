import type { Sabotage } from './child-options.ts';
import type { Point, Undisturbed, Verdict } from './judge.ts';
import type { ScenarioName } from './scenarios.ts';

/** What all points of a run of the kill test have in common. */
export interface Task {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly sabotage: Sabotage | null;
  readonly stop: boolean;
}
/** To a worker: what the scenario comes to undisturbed, or one point of it. */
export type Order = { readonly task: Task; readonly point?: Point; readonly whole?: Undisturbed };
export type Answer = { readonly whole: Undisturbed } | { readonly verdict: Verdict } | { readonly broken: string };
