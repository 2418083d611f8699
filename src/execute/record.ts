import { kindOf } from '../domain/address.ts';
import { Failure } from '../domain/errors.ts';
import type { Step } from '../domain/plan.ts';
import type { Remembered } from '../domain/statefile.ts';
import { isoNow } from '../ports/clock.ts';
import type { Accepted } from '../ports/cloud-api.ts';
import type { StepContext } from './context.ts';
import type { ChangeEffect, CreateEffect, DeleteEffect } from './settle.ts';

/*
 * What is written into the state after a step. An entry whose creation has not ended has an empty fingerprint: it
 * names the object and claims nothing about it.
 */
export const recordCreated = async (
  step: Step,
  { resource }: CreateEffect,
  { id, createdAt, outputs }: Accepted,
  { memory, clock, again }: StepContext,
): Promise<void> => {
  if (id === undefined) throw new Failure(`${step.id} was accepted without an id`, { next: again });
  const { kind, name } = resource;
  await memory.recordNow(step.address, {
    kind,
    id,
    name,
    createdAt: createdAt ?? isoNow(clock),
    fingerprint: '',
    outputs,
  });
};

const fingerprintsAfter = (step: Step): Partial<Remembered> => ({
  ...(step.fingerprintAfter === undefined ? {} : { fingerprint: step.fingerprintAfter }),
  ...(step.userDataFingerprintAfter === undefined ? {} : { userDataFingerprint: step.userDataFingerprintAfter }),
});

/** Something unknown to the state stays so: the next plan adopts it with everything an entry needs. */
export const recordChanged = (
  step: Step,
  effect: CreateEffect | ChangeEffect,
  accepted: Accepted,
  { memory }: StepContext,
): void => {
  const entry = memory.get(step.address);
  if (entry === undefined) return;
  memory.record(step.address, {
    ...entry,
    ...fingerprintsAfter(step),
    ...(effect.op === 'change' && effect.change.op === 'rename' ? { name: effect.change.name } : {}),
    outputs: { ...entry.outputs, ...accepted.outputs },
  });
};

/** A second object of one address may have gone, not the remembered one. */
export const recordDeleted = (step: Step, { id }: DeleteEffect, { memory }: StepContext): void =>
  memory.forget(step.address, id);

/** After a wait on servers, cluster or jobs. */
export const recordReached = (step: Step, { memory }: StepContext): void => {
  const entry = memory.get(step.address);
  if (entry !== undefined) memory.record(step.address, { ...entry, ...fingerprintsAfter(step) });
};

/** The cluster and jobs have no id of Hetzner. */
export const recordOwnId = (step: Step, id: string, name: string, { memory, clock }: StepContext): void => {
  memory.record(step.address, {
    kind: kindOf(step.address),
    id,
    name,
    createdAt: memory.get(step.address)?.createdAt ?? isoNow(clock),
    fingerprint: '',
    outputs: {},
    ...fingerprintsAfter(step),
  });
};
