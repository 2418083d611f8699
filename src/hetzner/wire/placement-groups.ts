import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { idSchema, labelsRequestSchema, labelsSchema, timestampSchema } from './common.ts';

/** docs.hetzner.cloud, placement groups. */
export const placementGroupSchema = z.object({
  id: idSchema,
  name: z.string(),
  labels: labelsSchema,
  type: z.literal('spread'),
  created: timestampSchema,
  servers: z.array(idSchema),
});
export type PlacementGroup = z.infer<typeof placementGroupSchema>;

export const createPlacementGroupRequestSchema = z.object({
  name: z.string().min(1),
  type: z.literal('spread'),
  labels: labelsRequestSchema,
});
export const updatePlacementGroupRequestSchema = z.object({
  name: z.string().min(1).optional(),
  labels: labelsRequestSchema,
});
/** `action` is there and null: making a group takes no time. */
export const createPlacementGroupResponseSchema = z.object({
  placement_group: placementGroupSchema,
  action: actionSchema.nullable(),
});
