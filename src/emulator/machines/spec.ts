import { z } from 'zod';
import { updateDefaults } from './hcl/job-shapes.ts';

/* The part of a submitted job that the models act on; the rest is kept as it came. */
const orNull = <T extends z.ZodType>(schema: T) => schema.nullish();
const checkSchema = z.looseObject({ Type: orNull(z.string()), Path: orNull(z.string()) });
const serviceSchema = z.looseObject({
  Name: z.string(),
  PortLabel: orNull(z.string()),
  Provider: orNull(z.string()),
  Tags: orNull(z.array(z.string())),
  Meta: orNull(z.record(z.string(), z.string())),
  Checks: orNull(z.array(checkSchema)),
});
const taskSchema = z.looseObject({
  Name: z.string().min(1),
  Driver: z.string().min(1),
  Resources: orNull(z.looseObject({ CPU: orNull(z.number()), MemoryMB: orNull(z.number()) })),
  Services: orNull(z.array(serviceSchema)),
  Config: orNull(z.record(z.string(), z.unknown())),
});
const numbered = (fallback: number) => orNull(z.number()).transform((value) => value ?? fallback);
const updateSchema = z.looseObject({
  MaxParallel: numbered(updateDefaults.MaxParallel),
  MinHealthyTime: numbered(updateDefaults.MinHealthyTime),
  HealthyDeadline: numbered(updateDefaults.HealthyDeadline),
  ProgressDeadline: numbered(updateDefaults.ProgressDeadline),
  Canary: numbered(0),
  AutoRevert: orNull(z.boolean()),
  AutoPromote: orNull(z.boolean()),
});
const constraintSchema = z.looseObject({
  LTarget: orNull(z.string()),
  Operand: orNull(z.string()),
  DistinctHosts: orNull(z.boolean()),
});
const groupSchema = z.looseObject({
  Name: z.string().min(1),
  Count: z.int().min(0).default(1),
  Update: orNull(updateSchema).transform((value) => value ?? updateSchema.parse({})),
  Services: orNull(z.array(serviceSchema)),
  Constraints: orNull(z.array(constraintSchema)),
  Networks: orNull(
    z.array(
      z.looseObject({
        DynamicPorts: orNull(z.array(z.looseObject({ Label: z.string() }))),
        ReservedPorts: orNull(z.array(z.looseObject({ Label: z.string(), Value: z.int() }))),
      }),
    ),
  ),
  ReschedulePolicy: orNull(z.looseObject({ Attempts: orNull(z.number()), Unlimited: orNull(z.boolean()) })),
  RestartPolicy: orNull(z.looseObject({ Attempts: numbered(2), Delay: numbered(15e9), Interval: numbered(1800e9) })),
  Tasks: z.array(taskSchema).min(1),
});
export const jobSpecSchema = z.looseObject({
  ID: z.string().min(1),
  Namespace: orNull(z.string()),
  Type: orNull(z.string()).transform((value) => value ?? 'service'),
  Meta: orNull(z.record(z.string(), z.string())),
  Constraints: orNull(z.array(constraintSchema)),
  TaskGroups: z.array(groupSchema).min(1),
});
export type JobSpec = z.infer<typeof jobSpecSchema>;

/** Stored specs never change, and each is looked at thousands of times in a rollout. */
const parsed = new WeakMap<object, JobSpec>();
export const specOf = (spec: object): JobSpec => {
  const known = parsed.get(spec) ?? jobSpecSchema.parse(spec);
  parsed.set(spec, known);
  return known;
};
export type GroupSpec = JobSpec['TaskGroups'][number];
export type ServiceSpec = z.infer<typeof serviceSchema>;

export const servicesOf = (group: GroupSpec): readonly ServiceSpec[] => [
  ...(group.Services ?? []),
  ...group.Tasks.flatMap((task) => task.Services ?? []),
];
export const hasChecks = (group: GroupSpec): boolean =>
  servicesOf(group).some((service) => (service.Checks ?? []).length > 0);

export const resourcesOf = (group: GroupSpec): { cpuMhz: number; memoryMb: number } => ({
  cpuMhz: group.Tasks.reduce((sum, task) => sum + (task.Resources?.CPU ?? 100), 0),
  memoryMb: group.Tasks.reduce((sum, task) => sum + (task.Resources?.MemoryMB ?? 300), 0),
});
export const staticPorts = (group: GroupSpec): readonly number[] =>
  (group.Networks ?? []).flatMap((network) => (network.ReservedPorts ?? []).map((port) => port.Value));
