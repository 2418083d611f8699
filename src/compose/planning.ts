import { auditPlan } from '../audit/audit.ts';
import { desiredState } from '../desired/desired.ts';
import { addressOf } from '../domain/address.ts';
import { targetWords } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';
import { gzipBase64, sha256Hex } from '../local/hash.ts';
import { observe } from '../observe/observe.ts';
import { makePlan } from '../plan/plan.ts';
import { isoNow } from '../ports/clock.ts';
import type { Planned, PlanOptions } from '../ports/session.ts';
import type { TargetContext } from './context.ts';
import { type Pins, type SettledImages, settleImages } from './pinned-images.ts';
import { remember } from './remembered.ts';
import { newRunId } from './run-id.ts';
import { sealingNotices } from './sealing.ts';
import { inWorld, wantsOf } from './supplies.ts';

export interface PlannedWithDesired extends Planned {
  readonly desired: DesiredState;
  /** A recovery file was read in place of the stored state, or lies there and is older. */
  readonly leftOver: boolean;
}

/** desired → observe → plan → audit; `run` goes on with one that has begun. Reads only; throws Failure when the audit finds the plan unsound. */
export const planTarget = async (
  context: TargetContext,
  options: PlanOptions,
  known?: StateFile | null,
  run?: string,
): Promise<PlannedWithDesired> => {
  const { assets, clock, random, reporter } = context;
  const left = known === undefined ? await remember(context) : undefined;
  const state = known === undefined ? (left?.state ?? null) : known;
  const { environment, images } = await imagesOf(context, options, state);
  await context.keyRing.load(state);
  const applications = await context.secrets.load(state);
  const desired = desiredState({
    environment,
    state,
    assets,
    hash: sha256Hex,
    gzip: gzipBase64,
    applications,
    emulated: context.local,
  });
  reporter.phase(`observing ${context.cloudName}`);
  const observation = await observe({
    cloud: context.cloud,
    operations: context.operations,
    desired,
    state,
    clock,
    ...(options.recoverAccess === undefined ? {} : { recoverAccess: options.recoverAccess }),
    // What is replaced is ordered anew although nothing is missing.
    catalogue: (options.replace?.length ?? 0) > 0 ? 'always' : 'when-needed',
    ...(options.lists === undefined ? {} : { lists: options.lists }),
    ...(environment.host === undefined ? {} : { host: environment.host }),
  });
  await context.certificates.load();
  const servers = [...desired.resources].filter((one) => one.kind === 'server').map(({ name }) => name);
  const made = makePlan({
    environment,
    desired,
    observation,
    state,
    intent: options.intent,
    options,
    now: isoNow(clock),
    run: run ?? newRunId(clock, random),
    hash: sha256Hex,
    certificatesDue: context.certificates.due(servers),
    loginsDue: context.pulls.due(servers),
  });
  const { only = [] } = options;
  const notices = [...made.notices, ...sealingNotices(environment.name, state, context.sealer)];
  const plan = {
    ...made,
    notices,
    ...(only.length === 0 ? {} : { only }),
    ...newImages(made, images, state),
  };
  refuseUnsound(auditPlan({ plan, desired, observation, state, environment }));
  const leftOver = (left?.recovered ?? left?.superseded ?? null) !== null;
  return { plan, observation, state, desired, leftOver };
};

/** What is to be destroyed has the images that infra.yaml has: no registry is asked for it. */
const imagesOf = async (
  { environment, registry, config, clock, supply }: TargetContext,
  { intent, images = {} }: PlanOptions,
  state: StateFile | null,
): Promise<SettledImages> => {
  if (intent === 'destroy') return { environment, images: {} };
  const wants = wantsOf(environment, config.file);
  const settled = await settleImages({
    environment,
    state,
    asked: supply === undefined ? images : inWorld(images, wants),
    registry: (config.images.pin ? registry : undefined) ?? null,
    now: isoNow(clock),
    next: `reconcile ${targetWords(environment)} --image JOB=REFERENCE`,
  });
  // A local world has to be told what its registry will be asked for.
  const told = wantsOf(settled.environment, config.file);
  if (supply !== undefined && JSON.stringify(told.images) !== JSON.stringify(wants.images)) await supply(told);
  return settled;
};

/** Those that the state has otherwise, of jobs that the plan is about. */
const newImages = ({ changes }: Plan, images: Pins, state: StateFile | null): Pick<Plan, 'images'> => {
  const known = state?.images ?? {};
  const news = Object.entries(images).filter(
    ([job, pin]) =>
      JSON.stringify(known[job]) !== JSON.stringify(pin) &&
      changes.some(({ address }) => address === addressOf('job', job)),
  );
  return news.length === 0 ? {} : { images: Object.fromEntries(news) };
};

export const loadState = async (context: TargetContext): Promise<StateFile | null> => (await remember(context)).state;

const refuseUnsound = (findings: readonly { readonly severity: string; readonly message: string }[]): void => {
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return;
  throw new Failure(`the plan failed its own audit: ${errors.map((finding) => finding.message).join('; ')}`, {
    done: ['nothing was changed'],
    next: 'this is a fault of the planner: please report it with the output of the same command and --json',
  });
};
