import { localName } from '../domain/address.ts';
import { Failure, NoReplyError } from '../domain/errors.ts';
import type { CloudKind } from '../domain/kinds.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { CloudEffect, Step } from '../domain/plan.ts';
import type { Accepted } from '../ports/cloud-api.ts';
import { nameOf, type StepContext } from './context.ts';
import { hasLanded } from './landed.ts';
import { deadline, pollUntil } from './patience.ts';

export type CreateEffect = Extract<CloudEffect, { op: 'create' }>;
export type ChangeEffect = Extract<CloudEffect, { op: 'change' }>;
export type DeleteEffect = Extract<CloudEffect, { op: 'delete' }>;

/** A request that arrived shows within this time; one that does not show by then counts as unknown, not as undone. */
const lookups = { waitsMs: [500, 1_000, 2_000, 4_000], boundMs: 20_000 };
/** A name that is taken is there to be seen. */
const lookupOnce = { waitsMs: [1], boundMs: 0 };
/** A server whose reply was lost has no Hetzner action to wait for: its own status tells. */
const serverSettles = { waitsMs: [1_000, 2_000], boundMs: 10 * 60_000 };

/** What a create made although its reply was lost, or although the name was taken: by this very run. Never creates. */
export const settleCreate = async (
  step: Step,
  effect: CreateEffect,
  context: StepContext,
  met: Failure,
): Promise<Accepted> => {
  const { resource } = effect;
  const name = resource.kind === 'rrset' ? localName(resource.address) : resource.name;
  context.progress(step, `looking ${resource.name} up, because ${short(met)}`);
  const item = await pollUntil(() => context.cloud.find(resource.kind, name), {
    ...context,
    ...(met instanceof NoReplyError ? lookups : lookupOnce),
    what: `looking up ${name}`,
  });
  if (item === undefined) throw nothingFound(effect, context, met);
  refuseForeign(effect, item, context, met);
  if (resource.kind === 'server') await serverSettled(step, name, context);
  return { id: item.id, createdAt: item.createdAt, actionIds: [], outputs: outputsOf(item) };
};

/** A uniqueness error can be about something else than the name, e.g. a key's fingerprint: then Hetzner's words stand. */
const nothingFound = ({ resource }: CreateEffect, context: StepContext, met: Failure): Failure =>
  met instanceof NoReplyError
    ? new Failure(`${met.message}. No ${resource.kind} called ${resource.name} has appeared`, {
        next: context.again,
        cause: met,
      })
    : met;

/** The name alone makes nothing ours (design §6.1). */
const refuseForeign = ({ resource }: CreateEffect, item: AnyObservedItem, context: StepContext, met: Failure): void => {
  const names = [labelNames.project, labelNames.environment, labelNames.address] as const;
  const what = `${resource.kind} ${item.name} (id ${item.id}, made ${item.createdAt})`;
  if (names.some((name) => item.labels[name] !== resource.labels[name]))
    throw new Failure(
      `the name ${item.name} is taken by ${what}, which does not carry the labels of ${resource.address}`,
      {
        done: ['it was left as it is'],
        next: `rename or delete it, or hand it over: ${context.again} --adopt ${resource.address}`,
        cause: met,
      },
    );
  if (item.labels[labelNames.run] !== resource.labels[labelNames.run])
    throw new Failure(
      `${what} appeared after this plan was made, from run ${item.labels[labelNames.run] ?? '(unnamed)'}`,
      {
        done: ['it was left as it is'],
        next: `${context.again}   (a new plan takes it in)`,
        cause: met,
      },
    );
};

const serverSettled = async (step: Step, name: string, context: StepContext): Promise<void> => {
  const settled = await pollUntil(
    async () => {
      const item = await context.cloud.find('server', name);
      if (item?.kind !== 'server')
        throw new Failure(`server ${name} disappeared while it was being created`, { next: context.again });
      context.progress(step, `${name} is ${item.facts.status}`);
      return !item.facts.locked && ['off', 'running'].includes(item.facts.status) ? true : undefined;
    },
    { ...context, ...serverSettles, what: `waiting for server ${name}` },
  );
  if (settled === undefined) throw deadline(`creation of server ${name}`, serverSettles.boundMs, context.again);
};

export const outputsOf = (item: AnyObservedItem): Readonly<Record<string, string>> => {
  if (item.kind !== 'server' && item.kind !== 'load-balancer') return {};
  const { ipv4, ipv6 } = item.facts;
  return { ...(ipv4 === null ? {} : { ipv4 }), ...(ipv6 === null ? {} : { ipv6 }) };
};

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
  context.progress(step, `looking at ${name}, because ${short(met)}`);
  const landed = await pollUntil(
    async () => {
      const item =
        (await context.cloud.find(effect.kind, name)) ??
        (effect.change.op === 'rename' ? await context.cloud.find(effect.kind, effect.change.name) : undefined);
      if (item?.id !== effect.id)
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

export const settleDelete = async (
  step: Step,
  effect: DeleteEffect,
  context: StepContext,
  met: Failure,
): Promise<Accepted> => {
  const name = effect.kind === 'rrset' ? localName(step.address) : effect.name;
  context.progress(step, `looking whether ${effect.name} is gone, because ${short(met)}`);
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

/** For a line of progress. */
const short = (failure: Failure): string => {
  const text = failure.message.split('\n')[0] ?? '';
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
};
