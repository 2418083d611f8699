import type { Address } from '../domain/address.ts';
import type { Step } from '../domain/plan.ts';
import { type Audit, type AuditFinding, error } from './audit.ts';

/** Ids are unique, dependencies exist, nothing waits for itself, and every reference is answered before it is needed. */
export const auditGraph: Audit = ({ plan }) => {
  const byId = new Map<string, Step>();
  const found: AuditFinding[] = [];
  for (const step of plan.steps) {
    if (byId.has(step.id)) found.push(error(`two steps are called ${step.id}`));
    byId.set(step.id, step);
  }
  for (const step of plan.steps)
    for (const id of step.dependsOn)
      if (!byId.has(id)) found.push(error(`${step.id} waits for ${id}, which is no step of the plan`));
  found.push(...circles(plan.steps, byId));
  const makes = new Set(
    plan.steps.filter(({ effect }) => effect.port === 'cloud' && effect.op === 'create').map(({ address }) => address),
  );
  for (const step of plan.steps)
    for (const ref of unresolved(step))
      if (!makes.has(ref)) found.push(error(`${step.id} needs ${ref}, which no step makes`));
  return found;
};

/** Depth first, with an explicit stack: a chain of ten thousand steps must not overflow. */
const circles = (steps: readonly Step[], byId: ReadonlyMap<string, Step>): AuditFinding[] => {
  const done = new Set<string>();
  const path = new Set<string>();
  for (const root of steps) {
    const stack: { readonly step: Step; next: number }[] = done.has(root.id) ? [] : [{ step: root, next: 0 }];
    if (stack.length > 0) path.add(root.id);
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) break;
      const id = top.step.dependsOn[top.next];
      top.next += 1;
      if (id === undefined) {
        stack.pop();
        path.delete(top.step.id);
        done.add(top.step.id);
        continue;
      }
      if (path.has(id)) return [error(`steps wait for one another in a circle through ${id}`)];
      const step = byId.get(id);
      if (step === undefined || done.has(id)) continue;
      path.add(id);
      stack.push({ step, next: 0 });
    }
  }
  return [];
};

const unresolved = ({ effect }: Step): Address[] => {
  const found: Address[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('ref' in value && 'attribute' in value) found.push(value.ref as Address);
    else for (const entry of Object.values(value)) walk(entry);
  };
  if (effect.port === 'cloud' && effect.op === 'create') walk(effect.resource.spec);
  if (effect.port === 'cloud' && effect.op === 'change') walk(effect.change);
  return found;
};
