import { kindOf } from '../domain/address.ts';
import type { Effect, Plan, Step } from '../domain/plan.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import { runCloudStep } from './cloud-step.ts';
import type { StepContext } from './context.ts';
import { orStopped } from './patience.ts';
import { recordOwnId, recordReached } from './record.ts';

/** Waits that don't look at the signal themselves are left after this long. */
const waitGraceMs = 1_000;

/** Carries one effect out through its port, and records what came of it. */
export const runEffect = async (step: Step, context: StepContext): Promise<void> => {
  const { effect } = step;
  switch (effect.port) {
    case 'cloud':
      return runCloudStep(step, effect, context);
    case 'machines':
      await stoppable(step, context, (waiting) =>
        context.operations.awaitBoot(machineOf(step, effect, context), waiting),
      );
      return recordReached(step, context);
    case 'cluster':
      if (effect.op === 'recover-access')
        return stoppable(step, context, (waiting) => context.operations.recoverAccess(effect, waiting));
      await stoppable(step, context, (waiting) => context.operations.awaitReady(effect.resource, waiting));
      return recordOwnId(step, context.plan.environment, effect.resource.name, context);
    case 'jobs':
      return runJobStep(step, effect, context);
    case 'state':
      return runStateStep(step, effect, context);
  }
};

const runJobStep = async (
  step: Step,
  effect: Extract<Effect, { port: 'jobs' }>,
  context: StepContext,
): Promise<void> => {
  if (effect.op === 'submit') {
    await stoppable(step, context, (waiting) => context.operations.submit(effect.resource, waiting, effect.redeploy));
    return recordOwnId(step, effect.resource.spec.jobId, effect.resource.name, context);
  }
  if (effect.op === 'create-namespace') {
    const { resource, run } = effect;
    await stoppable(step, context, (waiting) => context.operations.ensureNamespace(resource, run, waiting));
    return recordOwnId(step, resource.name, resource.name, context);
  }
  await stoppable(step, context, (waiting) =>
    effect.op === 'stop'
      ? context.operations.stop(effect.jobId, waiting)
      : context.operations.removeNamespace(effect.name, waiting),
  );
  return context.memory.forget(step.address);
};

const runStateStep = async (
  step: Step,
  effect: Extract<Effect, { port: 'state' }>,
  { memory }: StepContext,
): Promise<void> => {
  if (effect.op === 'forget') return memory.forget(step.address);
  const known = memory.get(step.address);
  memory.record(step.address, {
    kind: kindOf(step.address),
    id: effect.id,
    name: effect.name,
    createdAt: effect.createdAt,
    fingerprint: step.fingerprintAfter ?? (known?.id === effect.id ? known.fingerprint : ''),
    ...(step.userDataFingerprintAfter === undefined ? {} : { userDataFingerprint: step.userDataFingerprintAfter }),
    outputs: effect.outputs,
  });
};

const machineOf = (
  step: Step,
  { serverName, privateIp }: Extract<Effect, { port: 'machines' }>,
  { memory }: StepContext,
) => ({ name: serverName, privateIp, publicIp: memory.get(step.address)?.outputs['ipv4'] ?? null });

const leavingServers = ({ steps }: Plan): string[] =>
  steps.flatMap(({ effect }) =>
    effect.port === 'cloud' && effect.op === 'delete' && effect.kind === 'server' ? [effect.name] : [],
  );

const stoppable = (step: Step, context: StepContext, work: (waiting: Waiting) => Promise<void>): Promise<void> => {
  const { signal, clock } = context;
  const waiting: Waiting = {
    signal,
    leaving: leavingServers(context.plan),
    progress: (detail) => context.progress(step, detail),
    timed: (part) => context.timed(step, part),
  };
  return orStopped(work(waiting), { clock, signal, graceMs: waitGraceMs, what: `waiting: ${step.id}` });
};
