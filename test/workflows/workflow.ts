import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = resolve(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');

/** What a YAML file may write as an expression or as the thing itself. */
const word = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), word);
const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const concurrency = z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() });

const step = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: values.optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  env: values.optional(),
  'working-directory': z.string().optional(),
});
export type Step = z.output<typeof step>;

const job = z.strictObject({
  name: z.string().optional(),
  if: z.string().optional(),
  needs: z
    .union([z.string(), z.array(z.string())])
    .transform((needs) => (typeof needs === 'string' ? [needs] : needs))
    .default([]),
  'runs-on': z.string(),
  'timeout-minutes': z.number(),
  strategy: z
    .strictObject({ 'fail-fast': z.boolean(), matrix: z.record(z.string(), z.union([z.string(), z.array(word)])) })
    .optional(),
  concurrency: concurrency.optional(),
  environment: z.union([z.string(), z.strictObject({ name: z.string(), url: z.string() })]).optional(),
  permissions,
  outputs: values.optional(),
  steps: z.array(step),
});
export type Job = z.output<typeof job>;

/** Keys this project uses; another one is a mistake, or has to be thought about here. */
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({}),
  concurrency: concurrency.optional(),
  jobs: z.record(z.string(), job),
});
export type Workflow = z.output<typeof workflow>;

const action = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal('composite'), steps: z.array(step) }),
});
export type Action = z.output<typeof action>;

/** YAML 1.2, where `on` is a word and no boolean; GitHub reads it so too. */
const read = (path: string): unknown => parse(readFileSync(path, 'utf8'));

export const workflowFiles: readonly string[] = readdirSync(folder).filter((file) => file.endsWith('.yml'));
export const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');
export const loadWorkflow = (file: string): Workflow => workflow.parse(read(join(folder, file)));

export const actionFiles = ['action.yml', '.github/actions/preview-images/action.yml'] as const;
export const loadAction = (file: string): Action => action.parse(read(join(root, file)));
