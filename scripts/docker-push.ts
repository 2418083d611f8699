/*
 * npm run docker:push [-- --tag 1.4.2] [--latest] [--digests FILE]
 *
 * Pushes what docker:build made, and tells what it is called now, JOB=REFERENCE with its digest, a line each. --latest:
 * the tag latest too; from main only, as everywhere.
 */
import { pathToFileURL } from 'node:url';
import { $, chalk } from 'zx';
import { loggedIn, type Published, pushFromEngine, refuseTags, tellPublished, withDigest } from './docker/publish.ts';
import { retagged } from './docker/tags.ts';
import { giveUp, type JobImage, jobImages, needDocker, readOptions, readProject } from './project.ts';

export const pushAll = async (
  images: readonly JobImage[],
  latest: boolean,
  digests: string | undefined,
): Promise<void> => {
  const own = images.filter(({ dockerfile }) => dockerfile !== undefined);
  const also = (image: string): string[] => (latest ? [retagged(image, 'latest')] : []);
  refuseTags(own.flatMap(({ image }) => [image, ...also(image)]));
  await loggedIn(readProject(), async () => {
    const published: Published[] = [];
    for (const { job, image } of own) {
      const local = await $({ nothrow: true, quiet: true })`docker image inspect ${image}`;
      if (local.exitCode !== 0) giveUp(`${image} is not on this machine`, 'build it: npm run docker:build');
      console.error(chalk.bold(`${job}: pushing ${image}`));
      published.push({ job, reference: withDigest(image, await pushFromEngine(image)) });
      for (const second of also(image)) {
        await $({ quiet: true })`docker tag ${image} ${second}`;
        await pushFromEngine(second);
      }
    }
    tellPublished(published, digests);
  });
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = readOptions('npm run docker:push [-- --tag TAG] [--latest] [--digests FILE]');
  await needDocker();
  await pushAll(jobImages(readProject(), values.tag), values.latest === true, values.digests);
}
