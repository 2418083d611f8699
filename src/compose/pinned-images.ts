import type { Environment, JobConfig } from '../domain/environment.ts';
import { Failure, UsageError } from '../domain/errors.ts';
import { imageFrom, parseImage, pinnedTo, tagOf } from '../domain/image-reference.ts';
import type { Observation } from '../domain/observation.ts';
import type { Images } from '../domain/preview.ts';
import type { PinnedImage, StateFile } from '../domain/statefile.ts';
import type { ImageRegistry } from '../ports/image-registry.ts';

/*
 * Which image each job runs (docs/decisions/0032-images.md): what `--image` asks for now, else what was asked for last
 * as long as infra.yaml has the same image as then, else infra.yaml's. A tag is looked up once, when it is first asked
 * for: from then on the job runs that digest, and no later plan asks a registry.
 */
export type Pins = Readonly<Record<string, PinnedImage>>;

export interface SettledImages {
  /** With those images in its jobs. */
  readonly environment: Environment;
  /** For the state of whoever carries the plan out. */
  readonly images: Pins;
}

export interface ImageQuestion {
  readonly environment: Environment;
  readonly state: StateFile | null;
  /** `--image`, by job; undefined: nothing was asked for now. */
  readonly asked: Images | undefined;
  /** null: nobody is asked, tags stay tags: machines that pull nothing, or infra.yaml says `images.pin: false`. */
  readonly registry: ImageRegistry | null;
  /** ISO 8601. */
  readonly now: string;
  /** Of usage errors. */
  readonly next: string;
}

/** The environment with these images in place of those of infra.yaml. Throws UsageError: no such job, no image. */
export const withImages = (environment: Environment, images: Images, next = 'reconcile --help'): Environment => {
  refuseUnknownJobs(environment, images, next);
  const jobs = environment.jobs.map((job) => {
    const image = images[job.name];
    return image === undefined ? job : jobWith(job, image, `--image ${job.name}`, next);
  });
  return { ...environment, jobs };
};

/** Throws UsageError, RegistryError, and Failure where a registry has no such image. */
export const settleImages = async (question: ImageQuestion): Promise<SettledImages> => {
  const { environment, asked = {}, next } = question;
  refuseUnknownJobs(environment, asked, next);
  const settled = await Promise.all(
    environment.jobs.map(async (job) => [job.name, await settle(question, job)] as const),
  );
  const images = Object.fromEntries(settled);
  const wanted = Object.fromEntries(settled.map(([name, pin]) => [name, wholeImage(pin)]));
  return { environment: withImages(environment, wanted, next), images };
};

/** Tag and digest together, so that a later run knows which build it is: `acme/shop-web:1.4.2@sha256:…`. */
export const wholeImage = ({ asked, image }: Pick<PinnedImage, 'asked' | 'image'>): string => {
  const tag = parseImage(asked)?.tag;
  const [name = '', digest] = image.split('@');
  return digest === undefined || tag === undefined ? image : `${name}:${tag}@${digest}`;
};

/**
 * What runs, read from the jobs themselves, as far as it is not plainly what infra.yaml has: for a state that was lost.
 * An earlier document that still has the same image knows more of it.
 */
export const imagesSeen = (
  { jobs, project, name }: Pick<Environment, 'jobs' | 'project' | 'name'>,
  { cluster }: Observation,
  earlier: Pins | undefined,
  now: string,
): Pins => {
  const running = cluster?.reachable ? cluster.jobs.filter(({ owner }) => owner === `${project}/${name}`) : [];
  const pins = jobs.flatMap((job): [string, PinnedImage][] => {
    const seen = running.find(({ jobId }) => jobId === job.name)?.image;
    const reference = seen === undefined ? undefined : parseImage(seen);
    if (seen === undefined || reference === undefined || seen === job.image) return [];
    const image = reference.digest === undefined ? seen : pinnedTo(reference, reference.digest);
    const known = earlier?.[job.name];
    if (known?.image === image && known.configured === job.image) return [[job.name, known]];
    return [[job.name, { asked: seen, image, at: now, configured: job.image, healthy: true }]];
  });
  return Object.fromEntries(pins);
};

const settle = async (question: ImageQuestion, job: JobConfig): Promise<PinnedImage> => {
  const { state, asked = {}, now } = question;
  const known = state?.images?.[job.name];
  const held = known?.configured === job.image ? known : undefined;
  const said = asked[job.name];
  if (said === undefined && held !== undefined) return held;
  const wanted = said ?? job.image;
  const image = await pinned(question, job.name, wanted);
  if (known?.image === image && wholeImage({ asked: wanted, image }) === wholeImage(known))
    return { ...known, asked: wanted, configured: job.image };
  const before = known === undefined ? undefined : known.healthy ? wholeImage(known) : known.before;
  return {
    asked: wanted,
    image,
    at: now,
    configured: job.image,
    ...(before === undefined || before === wholeImage({ asked: wanted, image }) ? {} : { before }),
  };
};

const pinned = async ({ registry, next }: ImageQuestion, job: string, wanted: string): Promise<string> => {
  const reference = imageFrom(wanted, `--image ${job}`, next);
  if (reference.digest !== undefined) return pinnedTo(reference, reference.digest);
  if (registry === null) return wanted;
  const digest = await registry.digestOf(wanted);
  if (digest !== null) return pinnedTo(reference, digest);
  throw new Failure(
    `${reference.registry} has no image ${reference.repository}:${tagOf(reference)}, which job ${job} is to run`,
    {
      done: ['nothing was changed'],
      next: `build and push it, npm run docker:build && npm run docker:push, or name another: --image ${job}=REFERENCE`,
    },
  );
};

const jobWith = (job: JobConfig, image: string, where: string, next: string): JobConfig => {
  const { tag, digest, ...reference } = imageFrom(image, where, next);
  if (digest === undefined) return { ...job, image };
  return { ...job, image: pinnedTo(reference, digest), ...(tag !== undefined && { version: tag }) };
};

const refuseUnknownJobs = ({ jobs, name }: Environment, images: Images, next: string): void => {
  const known = jobs.map((job) => job.name);
  const stranger = Object.keys(images).find((job) => !known.includes(job));
  if (stranger === undefined) return;
  throw new UsageError(
    `--image ${stranger}: there is no job of that name in ${name}: ${known.join(', ') || 'it has none'}`,
    {
      next,
    },
  );
};
