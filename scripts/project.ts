import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { $, chalk, which } from 'zx';
import { formatProblems } from '../src/config/format.ts';
import { loadProject, type ProjectConfig } from '../src/config/project.ts';
import { ConfigError } from '../src/domain/errors.ts';
import { retagged } from './docker/tags.ts';

export const home = resolve(import.meta.dirname, '..');

/** Ends the script with a sentence and what to do next. */
export const giveUp = (what: string, next: string): never => {
  console.error(`${chalk.red(what)}\n${next}`);
  process.exit(1);
};

export const readProject = (): ProjectConfig => {
  const file = resolve(home, 'infra.yaml');
  if (!existsSync(file)) return giveUp('there is no infra.yaml', 'write one: npx tsx src/reconcile.ts init');
  try {
    return loadProject({ text: readFileSync(file, 'utf8'), file: 'infra.yaml', env: process.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return giveUp(formatProblems(error.problems), 'correct infra.yaml and run this again');
  }
};

/** The docker command and its daemon, or a sentence about which of the two is missing. */
export const needDocker = async (): Promise<void> => {
  if ((await which('docker', { nothrow: true })) === null)
    giveUp('the docker command is not there', 'install Docker (docs.docker.com/get-docker), then run this again');
  const { exitCode, stderr } = await $({ nothrow: true, quiet: true })`docker version --format {{.Server.Version}}`;
  if (exitCode !== 0)
    giveUp(
      `the docker daemon does not answer: ${stderr.trim().split('\n').at(-1)}`,
      'start Docker, then run this again',
    );
};

/** As typed: to other parsers a commit like `12e4` is a number. Ends the script on an option that is none. */
export const readOptions = (usage: string) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    tag: text,
    archive: text,
    digests: text,
    sha: text,
    'pull-request': text,
    push: flag,
    latest: flag,
  };
  try {
    return parseArgs({ options, allowPositionals: true, strict: true });
  } catch (error) {
    return giveUp(error instanceof Error ? error.message : String(error), usage);
  }
};

export interface JobImage {
  readonly job: string;
  readonly image: string;
  /** Undefined: no docker/<job>.Dockerfile, so the image is not built here. */
  readonly dockerfile?: string;
}

/** The image of every job, once, with the Dockerfile that makes it; `--tag` replaces the tag of infra.yaml. */
export const jobImages = (project: ProjectConfig, tag?: string): JobImage[] => {
  const images = new Map<string, JobImage>();
  for (const { jobs } of Object.values(project.environments))
    for (const { name, image } of jobs) {
      const tagged = tag === undefined ? image : retagged(image, tag);
      const dockerfile = `docker/${name}.Dockerfile`;
      images.set(tagged, { job: name, image: tagged, ...(existsSync(resolve(home, dockerfile)) && { dockerfile }) });
    }
  return [...images.values()];
};
