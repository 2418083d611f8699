import { actions } from '../domain/plan.ts';
import { type Audit, type AuditFinding, error } from './audit.ts';

/** Verdicts whose work needs a step; `blocked` and `keep` must have none. */
const working = new Set(['create', 'update', 'rebuild', 'replace', 'delete', 'adopt', 'forget']);

/** Changes and steps tell the same story. */
export const auditCoverage: Audit = ({ plan }) => {
  const found: AuditFinding[] = [];
  const verdicts = new Map<string, string>();
  for (const { address, action, next, reasons } of plan.changes) {
    if (verdicts.has(address)) found.push(error(`${address} has two verdicts, ${verdicts.get(address)} and ${action}`));
    verdicts.set(address, action);
    if (action === 'blocked' && (next === undefined || next === ''))
      found.push(error(`${address} is blocked without a way out`));
    if (action !== 'keep' && reasons.length === 0) found.push(error(`${action} ${address} has no reason`));
  }
  const stepped = new Set(plan.steps.map(({ address }) => address));
  for (const { address, action } of plan.changes)
    if (working.has(action) && !stepped.has(address)) found.push(error(`${action} ${address} has no step`));
  for (const { id, address, effect } of plan.steps) {
    const action = verdicts.get(address);
    if (action === undefined) found.push(error(`${id} is for ${address}, of which the plan says nothing`));
    // Waiting changes nothing, so it may be done for what is kept, and between restarts.
    else if ((action === 'keep' || action === 'blocked') && effect.port !== 'machines' && effect.port !== 'cluster')
      found.push(error(`${id} has a step although ${address} is ${action === 'keep' ? 'kept' : 'blocked'}`));
    const deletes = effect.port === 'cloud' && effect.op === 'delete';
    if (deletes && action !== 'delete' && action !== 'replace')
      found.push(error(`${id} deletes what is to be ${action}`));
  }
  return found;
};

export const auditCounts: Audit = ({ plan }) => {
  const found: AuditFinding[] = [];
  for (const action of actions) {
    const count = plan.changes.filter((change) => change.action === action).length;
    if (count !== plan.summary[action])
      found.push(error(`the summary counts ${plan.summary[action]} ${action}, the changes are ${count}`));
  }
  const sum = (side: 'before' | 'after'): number =>
    plan.changes.reduce((total, one) => total + one.monthlyCents[side], 0);
  for (const side of ['before', 'after'] as const)
    if (sum(side) !== plan.monthlyCents[side])
      found.push(error(`the plan costs ${plan.monthlyCents[side]} cents ${side}, its changes ${sum(side)}`));
  return found;
};
