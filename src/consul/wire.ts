import { z } from 'zod';

/* The part of Consul's HTTP API that the catalogue reads (developer.hashicorp.com, consul/api-docs). */
export const leaderSchema = z.string();

export const autopilotHealthSchema = z.object({
  Healthy: z.boolean(),
  FailureTolerance: z.int(),
  Servers: z
    .array(
      z.object({
        ID: z.string(),
        Name: z.string(),
        SerfStatus: z.string(),
        Healthy: z.boolean(),
        Voter: z.boolean(),
        Version: z.string(),
      }),
    )
    .nullish(),
});

export const passingSchema = z.array(z.object({ Service: z.object({ ID: z.string(), Service: z.string() }) }));
