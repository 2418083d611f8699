import { localName } from '../domain/address.ts';
import { Failure, NoReplyError } from '../domain/errors.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Step } from '../domain/plan.ts';
import type { Accepted } from '../ports/cloud-api.ts';
import type { StepContext } from './context.ts';
import { deadline, pollUntil } from './patience.ts';
import { type CreateEffect, lookups, shortOf } from './settle.ts';

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
  context.progress(step, `looking ${resource.name} up, because ${shortOf(met)}`);
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

/** The name alone makes nothing ours (design §6.1). What belongs to all environments may be another one's making. */
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
  if (resource.scope !== 'shared' && item.labels[labelNames.run] !== resource.labels[labelNames.run])
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
