import { CloudError, Failure, NoReplyError } from '../domain/errors.ts';
import type { CloudEffect, Step } from '../domain/plan.ts';
import type { Accepted } from '../ports/cloud-api.ts';
import { nameOf, type StepContext } from './context.ts';
import { refuseUsedZone } from './empty-zone.ts';
import { orStopped, Stopped, sleepUnlessStopped } from './patience.ts';
import { recordChanged, recordCreated, recordDeleted } from './record.ts';
import type { ChangeEffect } from './settle.ts';
import { settleChange, settleDelete } from './settle-change.ts';
import { settleCreate } from './settle-create.ts';
import { filled } from './user-data.ts';

/** A request under way when the run is told to stop still gets this long for its reply, which holds an id. */
const replyGraceMs = 3_000;

/** One request to Hetzner, what it started waited for, and what came of it recorded. */
export const runCloudStep = async (step: Step, planned: CloudEffect, context: StepContext): Promise<void> => {
  const effect = planned.op === 'change' ? withId(step, planned, context) : planned;
  if (effect.op === 'delete' && effect.kind === 'zone') await refuseUsedZone(effect, context);
  const accepted = await request(step, (await sent(step, effect, context)) as Request, context);
  // The id is safe before anything is waited for: what is being made must not be lost by a crash.
  if (effect.op === 'create') await recordCreated(step, effect, accepted, context);
  context.accepted(step, acceptedText(accepted));
  await context.waiter.wait(accepted.actionIds, {
    step: step.id,
    estimateMs: step.estimateMs,
    progress: (detail) => context.progress(step, detail),
    next: context.again,
  });
  if (effect.op === 'delete') recordDeleted(step, effect, context);
  else recordChanged(step, effect, accepted, context);
};

const sent = (step: Step, effect: CloudEffect, context: StepContext): Promise<CloudEffect> =>
  filled(effect, nameOf(step, context) ?? step.address, context);

const acceptedText = ({ id, actionIds }: Accepted): string => {
  const parts = [
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(actionIds.length === 0 ? [] : [`Hetzner action ${actionIds.join(', ')}`]),
  ];
  return parts.join(', ');
};

/** A change of something made in this run has no id in the plan. */
const withId = (
  step: Step,
  effect: ChangeEffect,
  { memory, again }: StepContext,
): ChangeEffect & { readonly id: string } => {
  const id = effect.id ?? memory.get(step.address)?.id;
  if (id !== undefined) return { ...effect, id };
  throw new Failure(`the id of ${step.address} is not known, so it can't be changed (${effect.change.op})`, {
    next: again,
  });
};

type Request = Exclude<CloudEffect, { op: 'change' }> | (ChangeEffect & { readonly id: string });

const request = async (step: Step, effect: Request, context: StepContext): Promise<Accepted> => {
  try {
    return await patiently(step, effect, context);
  } catch (error) {
    if (!(error instanceof Failure) || !needsSettling(effect, error)) throw error;
    if (effect.op === 'create') return settleCreate(step, effect, context, error);
    if (effect.op === 'delete') return settleDelete(step, effect, context, error);
    return settleChange(step, effect, context, error);
  }
};

/** Refusals that say "it is already so", per docs.hetzner.cloud; whether it really is, is looked up. */
const alreadySo = [
  'server_already_attached',
  'load_balancer_already_attached',
  'already_in_placement_group',
  'firewall_already_applied',
  'firewall_resource_not_found',
  'target_already_defined',
  'source_port_already_used',
];

const needsSettling = (effect: Request, error: Failure): boolean => {
  if (error instanceof NoReplyError) return true;
  if (!(error instanceof CloudError)) return false;
  if (effect.op === 'create') return error.code === 'uniqueness_error';
  return effect.op === 'change' && alreadySo.includes(error.code);
};

/**
 * A thing may count as used for some seconds after its user is gone: firewalls of deleted servers (`resource_in_use`),
 * their primary IPs (`must_be_unassigned`). The refusal changed nothing, so it is asked again.
 */
const stillUsed = { codes: ['resource_in_use', 'must_be_unassigned'], waitMs: 3_000, boundMs: 90_000 };

const patiently = async (step: Step, effect: Request, context: StepContext): Promise<Accepted> => {
  const { cloud, memory, clock, signal, checkLease } = context;
  const end = clock.now() + stillUsed.boundMs;
  for (;;) {
    try {
      const reply = cloud.perform(effect, memory.resolve, { signal, beforeRetry: checkLease });
      return await orStopped(reply, {
        clock,
        signal,
        graceMs: replyGraceMs,
        what: `a request whose reply had not come: ${step.id}`,
      });
    } catch (error) {
      // Told to stop between two tries: the refusals so far changed nothing.
      if (signal.aborted && error instanceof CloudError && error.retryable) throw new Stopped(error.message);
      if (effect.op !== 'delete' || !(error instanceof CloudError)) throw error;
      if (error.code === 'not_found') return { actionIds: [], outputs: {} };
      if (!stillUsed.codes.includes(error.code) || clock.now() + stillUsed.waitMs > end) throw error;
      context.progress(step, `still in use: ${error.message}`);
      await sleepUnlessStopped(clock, stillUsed.waitMs, signal, `waiting until ${effect.name} is unused`);
      await checkLease();
    }
  }
};
