import { z } from 'zod';
import { isAddress } from '../domain/address.ts';
import { Failure } from '../domain/errors.ts';
import { kinds } from '../domain/kinds.ts';
import { actions, type Plan, summarize } from '../domain/plan.ts';
import type { Files } from './io.ts';

/** Readable by its owner only: the steps hold whole user data. */
const planFileMode = 0o600;

export const savePlan = async (files: Files, path: string, plan: Plan): Promise<void> => {
  await files.write(path, `${JSON.stringify(plan, null, 2)}\n`, { mode: planFileMode, replace: true });
};

const cents = z.strictObject({ before: z.int(), after: z.int() });
const count = z.int().nonnegative();
const address = z.string().refine((text) => isAddress(text), 'is no address like server/production-2');
const change = z.looseObject({
  address,
  kind: z.enum(kinds),
  name: z.string(),
  action: z.enum(actions),
  reasons: z.array(
    z.looseObject({ field: z.string(), because: z.string(), from: z.string().optional(), to: z.string().optional() }),
  ),
  wipes: z.string().optional(),
  next: z.string().optional(),
  monthlyCents: cents,
});
const step = z.looseObject({
  id: z.string().min(1),
  address,
  effect: z.looseObject({ port: z.enum(['cloud', 'machines', 'cluster', 'jobs', 'state']), op: z.string() }),
  dependsOn: z.array(z.string()),
  estimateMs: z.number().nonnegative(),
});
/** The outline. Inside a step lies what the planner wrote; the basis and the audit of a new plan guard the rest. */
const planShape = z.looseObject({
  formatVersion: z.literal(1),
  project: z.string().min(1),
  environment: z.string().min(1),
  environmentType: z.enum(['production', 'staging', 'pr', 'pool']),
  intent: z.enum(['converge', 'destroy']),
  run: z.string().min(1),
  createdAt: z.iso.datetime(),
  basis: z.strictObject({
    configHash: z.string(),
    stateLineage: z.string().nullable(),
    stateSerial: count,
    observationHash: z.string(),
  }),
  changes: z.array(change),
  steps: z.array(step),
  summary: z.record(z.enum(actions), count),
  notices: z.array(z.string()),
  monthlyCents: cents,
  requests: z.strictObject({ read: count, write: count }),
  budget: z.strictObject({ limit: z.number(), remaining: z.number(), resetAt: z.string() }).nullable(),
});

/** Throws Failure with every place where the file is no plan. */
export const loadPlan = async (files: Files, path: string): Promise<Plan> => {
  const next = `make a new plan: reconcile plan <target> --out ${path}`;
  const text = await files.read(path);
  if (text === undefined) throw new Failure(`there is no file ${path}`, { next });
  const raw = parseJson(text, path, next);
  if (isRecord(raw) && typeof raw['formatVersion'] === 'number' && raw['formatVersion'] !== 1)
    throw new Failure(`${path} is a plan of format ${raw['formatVersion']}; this version reads format 1`, { next });
  const parsed = planShape.safeParse(raw);
  if (!parsed.success) {
    const places = parsed.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`);
    throw new Failure(`${path} is no saved plan: ${places.join('; ')}`, { next });
  }
  // The shape was just checked field by field; what an effect holds is the planner's own type.
  const plan = parsed.data as unknown as Plan;
  refuseInconsistent(plan, path, next);
  return plan;
};

/** A file edited by hand: steps that wait for what is not there, a summary that says something else. */
const refuseInconsistent = (plan: Plan, path: string, next: string): void => {
  const ids = new Set(plan.steps.map((entry) => entry.id));
  const dangling = plan.steps.flatMap((entry) => entry.dependsOn).find((id) => !ids.has(id));
  const counted = summarize(plan.changes);
  const wrong = actions.find((action) => counted[action] !== plan.summary[action]);
  const because =
    ids.size !== plan.steps.length
      ? 'two steps have one id'
      : dangling !== undefined
        ? `a step waits for ${dangling}, which is no step of it`
        : wrong !== undefined
          ? `its summary counts ${plan.summary[wrong]} ${wrong}, its changes ${counted[wrong]}`
          : undefined;
  if (because !== undefined) throw new Failure(`${path} was changed after it was saved: ${because}`, { next });
};

const parseJson = (text: string, path: string, next: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${path} is no saved plan: ${error instanceof Error ? error.message : String(error)}`, {
      next,
      cause: error,
    });
  }
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
