import { afterAll, beforeAll, expect, test } from 'vitest';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import { placeOf } from './places.ts';
import { openProject, type Project } from './project.ts';

/** Ends the process as soon as anything of the SDK is looked for. */
const trap = `import { registerHooks } from 'node:module'; registerHooks({ resolve: (name, about, next) => name.startsWith('@aws-sdk/') ? process.exit(99) : next(name, about) });`;
const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(trap)}` };

let model: S3Model;
let project: Project;
beforeAll(async () => {
  model = await startS3Model();
  project = await openProject();
  await project.useBucket(placeOf(model));
});
afterAll(async () => {
  await project?.stop();
  await model?.stop();
});

test.each([
  ['--help', 0],
  ['plan --help', 0],
  ['plan production --local=simulated', 2],
  ['list --local=simulated', 0],
])('%s does not load the SDK', async (command, code) => {
  const ended = await project.run(command, { env });
  expect(ended, ended.stderr).toMatchObject({ code });
});

test('a plan with its state in a bucket does, so the trap is one', async () => {
  expect(await project.run('plan production', { env })).toMatchObject({ code: 99 });
});
