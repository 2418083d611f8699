/*
 * npm run docker:build [-- --tag 1.4.2] [--archive FILE] [--push] [--latest] [--digests FILE]
 *
 * Builds the image of every job that has a docker/<job>.Dockerfile. --archive: all of them into one file, for a trusted
 * job to check and push (docker:check); --push: pushes them (docker:push).
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { $, chalk } from 'zx';
import { createEngine } from '../src/emulator/docker/engine.ts';
import { baseArguments } from './docker/bases.ts';
import { pushAll } from './docker-push.ts';
import { giveUp, home, type JobImage, jobImages, needDocker, readOptions, readProject } from './project.ts';

const { values } = readOptions(
  'npm run docker:build [-- --tag TAG] [--archive FILE] [--push] [--latest] [--digests FILE]',
);
const images = jobImages(readProject(), values.tag);
await needDocker();
const engine = createEngine();
const built: JobImage[] = [];
for (const one of images) {
  const { job, image, dockerfile } = one;
  if (dockerfile === undefined) {
    console.error(`${job}: no docker/${job}.Dockerfile, so ${image} is not built here`);
    continue;
  }
  console.error(chalk.bold(`${job}: building ${image}`));
  const text = readFileSync(resolve(home, dockerfile), 'utf8');
  const bases = await baseArguments(engine, text, process.env, (said) => console.error(said));
  const { exitCode } = await $({
    cwd: home,
    nothrow: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  })`docker build ${bases} -f ${dockerfile} -t ${image} docker`;
  if (exitCode !== 0) giveUp(`${image} could not be built`, `see the output above; the file is ${dockerfile}`);
  built.push(one);
}
for (const { job, image } of built) {
  const size = await $({ quiet: true })`docker image inspect --format {{.Size}} ${image}`;
  console.error(`${job}: ${image} has ${(Number(size.stdout.trim()) / 1e6).toFixed(1)} MB`);
}

const { archive } = values;
if (archive !== undefined) {
  const saved = await $({ nothrow: true, quiet: true })`docker save -o ${archive} ${built.map(({ image }) => image)}`;
  if (saved.exitCode !== 0) giveUp(`${archive} could not be written: ${saved.stderr.trim()}`, 'name another file');
  console.error(`saved ${built.length} images in ${archive}`);
}
if (values.push === true) await pushAll(built, values.latest === true, values.digests);
