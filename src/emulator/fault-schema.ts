import { z } from 'zod';
import type { DrawnFaults, FaultRule } from './faults.ts';

/* The faults of faults.ts as they come over the control plane: an unknown kind or key is refused, not ignored. */
const kind = <Kind extends string, Shape extends z.core.$ZodShape>(name: Kind, shape: Shape) =>
  z.strictObject({ kind: z.literal(name), ...shape });
const text = z.string().exactOptional();
const faultSchema = z.discriminatedUnion('kind', [
  kind('refuse', { code: z.string(), message: text, status: z.int().exactOptional() }),
  kind('http', { status: z.int().min(200).max(599), body: text }),
  kind('unreachable', {}),
  kind('delay', { ms: z.number().nonnegative() }),
  kind('lost-reply', {}),
  kind('partial-page', {}),
  kind('cut-reply', {}),
  kind('action-error', { code: text, message: text }),
  kind('action-never', {}),
  kind('stuck-initializing', {}),
]);
const count = z.int().positive().exactOptional();
const ruleSchema: z.ZodType<FaultRule> = z.strictObject({
  method: text,
  path: text,
  command: text,
  nth: count,
  times: count,
  fault: faultSchema,
});
const drawnSchema: z.ZodType<DrawnFaults> = z.strictObject({
  seed: z.int(),
  rate: z.number().min(0).max(1),
  faults: z.array(faultSchema).min(1),
  method: text,
  path: text,
});
export const faultBodySchema = z.union([ruleSchema, z.strictObject({ draw: drawnSchema })]);
