import type { ChangeAction } from '../../domain/plan.ts';
import type { Style } from './paint.ts';

/** How a verdict looks, in the order in which a plan shows them: what can hurt comes first. */
export interface VerdictStyle {
  readonly action: ChangeAction;
  /** Tells verdicts apart without colour. */
  readonly symbol: string;
  readonly style: Style;
  readonly title: string;
}

export const verdictStyles: readonly VerdictStyle[] = [
  { action: 'blocked', symbol: '!', style: 'red', title: 'Blocked' },
  { action: 'delete', symbol: '-', style: 'red', title: 'Delete' },
  { action: 'replace', symbol: '±', style: 'magenta', title: 'Replace: delete and make anew' },
  { action: 'rebuild', symbol: '↻', style: 'yellow', title: 'Rebuild in place: same id, address and price' },
  { action: 'update', symbol: '~', style: 'yellow', title: 'Update in place' },
  { action: 'create', symbol: '+', style: 'green', title: 'Create' },
  { action: 'adopt', symbol: '>', style: 'cyan', title: 'Adopt: exists already, becomes ours' },
  { action: 'forget', symbol: '.', style: 'dim', title: 'Forget: leaves the state, nothing is deleted' },
  { action: 'keep', symbol: '=', style: 'dim', title: 'Unchanged' },
];
