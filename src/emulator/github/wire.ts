import { z } from 'zod';

/*
 * Bodies of the requests that the emulated GitHub takes (docs.github.com/rest, version 2022-11-28). Unknown keys are let
 * through and ignored, as GitHub does. What is longer than GitHub allows is refused where the row is made.
 */
const text = z.string();
export const commentBody = z.object({ body: text });

export const issueBody = z.object({
  title: z.union([text, z.number()]).transform(String),
  body: text.nullish(),
  labels: z.array(z.union([text, z.object({ name: text }).transform(({ name }) => name)])).default([]),
});
export const issueChange = z.object({
  title: text.optional(),
  body: text.nullish(),
  state: z.enum(['open', 'closed']).optional(),
  labels: z.array(text).optional(),
});

export const deploymentBody = z.object({
  ref: text,
  task: text.default('deploy'),
  auto_merge: z.boolean().default(true),
  required_contexts: z.array(text).optional(),
  payload: z.unknown().default({}),
  environment: text.default('production'),
  description: text.nullish(),
  transient_environment: z.boolean().default(false),
  production_environment: z.boolean().optional(),
});
export const deploymentStates = [
  'error',
  'failure',
  'inactive',
  'in_progress',
  'queued',
  'pending',
  'success',
] as const;
export const statusBody = z.object({
  state: z.enum(deploymentStates),
  log_url: text.default(''),
  target_url: text.default(''),
  description: text.default(''),
  environment: text.optional(),
  environment_url: text.default(''),
  auto_inactive: z.boolean().default(true),
});

export const conclusions = [
  'action_required',
  'cancelled',
  'failure',
  'neutral',
  'success',
  'skipped',
  'stale',
  'timed_out',
] as const;
const checkFields = {
  details_url: text.optional(),
  external_id: text.optional(),
  status: z.enum(['queued', 'in_progress', 'completed']).optional(),
  conclusion: z.enum(conclusions).optional(),
  started_at: text.optional(),
  completed_at: text.optional(),
  output: z.object({ title: text.optional(), summary: text.optional(), text: text.optional() }).optional(),
};
export const checkBody = z.object({ name: text, head_sha: text, ...checkFields });
export const checkChange = z.object({ name: text.optional(), ...checkFields });
