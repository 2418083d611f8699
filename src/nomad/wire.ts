import { z } from 'zod';

/*
 * The part of Nomad's HTTP API that the scheduler reads (developer.hashicorp.com, nomad/api-docs; field names as in
 * nomad/structs at v1.9). Go marshals empty slices and maps as null, hence the many nullish fields.
 */
export const leaderSchema = z.string();

export const autopilotHealthSchema = z.object({
  Healthy: z.boolean(),
  Servers: z
    .array(
      z.object({
        ID: z.string(),
        /** The Serf member: `<node name>.<region>`. */
        Name: z.string(),
        Healthy: z.boolean(),
        Voter: z.boolean(),
        Version: z.string(),
      }),
    )
    .nullish(),
});

export const nodeStubSchema = z.object({
  ID: z.string(),
  Name: z.string(),
  Status: z.enum(['initializing', 'ready', 'down', 'disconnected']),
  SchedulingEligibility: z.enum(['eligible', 'ineligible']),
  CreateIndex: z.int(),
});
export const nodeStubsSchema = z.array(nodeStubSchema);
export const nodeSchema = z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() });

const metaSchema = z.record(z.string(), z.string()).nullish();
const statusSchema = z.enum(['pending', 'running', 'dead']);

const summaryCounts = z.object({ Queued: z.int(), Running: z.int(), Starting: z.int(), Lost: z.int().optional() });
/** 1.9.7 lists jobs without their version (seen on a real agent); it is read with the job itself. */
export const jobStubSchema = z.object({
  ID: z.string(),
  Status: statusSchema,
  JobModifyIndex: z.int(),
  Meta: metaSchema,
  JobSummary: z.object({ Summary: z.record(z.string(), summaryCounts).nullish() }).nullish(),
});
export const jobStubsSchema = z.array(jobStubSchema);

/** A job as parsed or as stored. Loose: what we don't read goes back to Nomad as it came. */
export const jobSchema = z.looseObject({
  ID: z.string(),
  Type: z.string().nullish(),
  Meta: metaSchema,
  TaskGroups: z
    .array(
      z.looseObject({
        Name: z.string().nullish(),
        Count: z.int().nullish(),
        Update: z.looseObject({ MinHealthyTime: z.number().nullish() }).nullish(),
      }),
    )
    .nullish(),
});
export type NomadJob = z.infer<typeof jobSchema>;

export const storedJobSchema = jobSchema.extend({
  Status: statusSchema,
  Stop: z.boolean(),
  Version: z.int(),
  CreateIndex: z.int(),
  JobModifyIndex: z.int(),
});
export type StoredJob = z.infer<typeof storedJobSchema>;

export const failedPlacementSchema = z.object({
  NodesEvaluated: z.int(),
  NodesFiltered: z.int(),
  NodesExhausted: z.int(),
  ConstraintFiltered: z.record(z.string(), z.int()).nullish(),
  DimensionExhausted: z.record(z.string(), z.int()).nullish(),
});
export type FailedPlacement = z.infer<typeof failedPlacementSchema>;
const failedPlacementsSchema = z.record(z.string(), failedPlacementSchema).nullish();

export const planSchema = z.object({
  Diff: z.object({ Type: z.enum(['None', 'Added', 'Deleted', 'Edited']) }).nullish(),
  FailedTGAllocs: failedPlacementsSchema,
  JobModifyIndex: z.int(),
});

export const registeredSchema = z.object({ EvalID: z.string(), JobModifyIndex: z.int() });

export const evaluationsSchema = z.array(
  z.object({
    ID: z.string(),
    Status: z.enum(['blocked', 'pending', 'complete', 'failed', 'canceled']),
    StatusDescription: z.string().nullish(),
    FailedTGAllocs: failedPlacementsSchema,
    CreateIndex: z.int(),
  }),
);

/** Status stays open: newer versions add words (`initializing`, `blocked`); unknown ones count as not ended. */
export const deploymentsSchema = z.array(
  z.object({
    ID: z.string(),
    JobVersion: z.int(),
    JobCreateIndex: z.int(),
    Status: z.string(),
    StatusDescription: z.string().nullish(),
  }),
);

const taskEventSchema = z.object({
  Type: z.string(),
  Time: z.number(),
  DisplayMessage: z.string().nullish(),
});
export const allocationSchema = z.object({
  ID: z.string(),
  NodeName: z.string().nullish(),
  JobVersion: z.int(),
  DesiredStatus: z.string(),
  ClientStatus: z.string(),
  CreateIndex: z.int(),
  DeploymentStatus: z.object({ Healthy: z.boolean().nullish() }).nullish(),
  TaskStates: z
    .record(
      z.string(),
      z.object({
        State: z.string(),
        Failed: z.boolean(),
        StartedAt: z.string().nullish(),
        Events: z.array(taskEventSchema).nullish(),
      }),
    )
    .nullish(),
});
export const allocationsSchema = z.array(allocationSchema);
export type Allocation = z.infer<typeof allocationSchema>;
