import { localName } from '../domain/address.ts';
import { Failure } from '../domain/errors.ts';
import type { CloudKind } from '../domain/kinds.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Step } from '../domain/plan.ts';
import type { Accepted } from '../ports/cloud-api.ts';
import { nameOf, type StepContext } from './context.ts';
import { hasLanded } from './landed.ts';
import { pollUntil } from './patience.ts';
import { type ChangeEffect, type DeleteEffect, lookups, shortOf } from './settle.ts';

/** Done after all, judged by what the object shows; the request is not sent again. */
export const settleChange = async (
  step: Step,
  effect: ChangeEffect & { readonly id: string },
  context: StepContext,
  met: Failure,
): Promise<Accepted> => {
  const name = lookupName(step, effect.kind, context);
  const unknown = () =>
    new Failure(`${met.message}. Whether ${effect.change.op} on ${step.address} took effect is not known`, {
      next: `${context.again}   (a new plan looks at what is there)`,
      cause: met,
    });
  if (name === undefined) throw unknown();
  context.progress(step, `looking at ${name}, because ${shortOf(met)}`);
  const landed = await pollUntil(
    async () => {
      const item = await findById(effect, [name, ...newName(effect)], context);
      if (item === undefined)
        throw new Failure(`${effect.kind} ${name} (id ${effect.id}) is gone`, { next: context.again, cause: met });
      const answer = hasLanded(effect.change, item, context.memory.resolve);
      if (answer === undefined) throw unknown();
      return answer || undefined;
    },
    { ...context, ...lookups, what: `looking at ${name}` },
  );
  if (landed === undefined) throw unknown();
  return { actionIds: [], outputs: {} };
};

const newName = ({ change }: ChangeEffect): string[] => (change.op === 'rename' ? [change.name] : []);

/** Names can pass to another object, e.g. to the successor of a renamed certificate; ids can't. */
const findById = async (
  { kind, id }: ChangeEffect,
  names: readonly string[],
  { cloud }: StepContext,
): Promise<AnyObservedItem | undefined> => {
  for (const name of names) {
    const item = await cloud.find(kind, name);
    if (item?.id === id) return item;
  }
  return undefined;
};

export const settleDelete = async (
  step: Step,
  effect: DeleteEffect,
  context: StepContext,
  met: Failure,
): Promise<Accepted> => {
  const name = effect.kind === 'rrset' ? localName(step.address) : effect.name;
  context.progress(step, `looking whether ${effect.name} is gone, because ${shortOf(met)}`);
  const gone = await pollUntil(
    async () => ((await context.cloud.find(effect.kind, name))?.id === effect.id ? undefined : true),
    { ...context, ...lookups, what: `looking whether ${effect.name} is gone` },
  );
  if (gone === undefined)
    throw new Failure(`${met.message}. ${effect.kind} ${effect.name} (id ${effect.id}) is still there`, {
      next: context.again,
      cause: met,
    });
  return { actionIds: [], outputs: {} };
};

const lookupName = (step: Step, kind: CloudKind, context: StepContext): string | undefined =>
  kind === 'rrset' ? localName(step.address) : nameOf(step, context);
