import { z } from 'zod';
import { bootStages } from './timings.ts';

const stageNames = bootStages.map((stage) => stage.name);

/**
 * What goes wrong on a machine, as data: POST /_emulator/machines/<name>/fault. A fault without `job` strikes all jobs;
 * `on: "cluster"` strikes on every machine, the default only on the named one.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('boot-fails'),
    stage: z.enum(stageNames),
    detail: z.string().default('exit status 1'),
  }),
  z.strictObject({ kind: z.literal('boot-hangs'), stage: z.enum(stageNames) }),
  z.strictObject({
    kind: z.literal('never-healthy'),
    job: z.string().optional(),
    on: z.enum(['machine', 'cluster']).default('cluster'),
  }),
  z.strictObject({
    kind: z.literal('task-crashes'),
    job: z.string().optional(),
    on: z.enum(['machine', 'cluster']).default('cluster'),
  }),
  z.strictObject({
    kind: z.literal('api-error'),
    system: z.enum(['consul', 'nomad']),
    status: z.int().min(400).max(599).default(500),
    text: z.string().default('rpc error: EOF'),
    /** Only paths that begin so. */
    path: z.string().default('/'),
    /** How many requests it strikes; without a number until it is removed. */
    times: z.int().positive().optional(),
  }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type PlacedFault = Fault & { readonly machine: string };

export const faultsOf = (faults: readonly PlacedFault[], machine: string): readonly PlacedFault[] =>
  faults.filter((fault) => fault.machine === machine || ('on' in fault && fault.on === 'cluster'));

export const bootFault = (faults: readonly PlacedFault[], machine: string) =>
  faults.find(
    (fault): fault is Extract<PlacedFault, { kind: 'boot-fails' | 'boot-hangs' }> =>
      fault.machine === machine && (fault.kind === 'boot-fails' || fault.kind === 'boot-hangs'),
  );

/** The sickness of a job's tasks on a machine, if any. */
export const taskFault = (
  faults: readonly PlacedFault[],
  machine: string,
  job: string,
): 'never-healthy' | 'task-crashes' | undefined => {
  const found = faultsOf(faults, machine).find(
    (fault) =>
      (fault.kind === 'never-healthy' || fault.kind === 'task-crashes') &&
      (fault.job === undefined || fault.job === job),
  );
  return found?.kind === 'never-healthy' || found?.kind === 'task-crashes' ? found.kind : undefined;
};
