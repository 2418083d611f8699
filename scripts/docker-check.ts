/*
 * npm run docker:check -- ARCHIVE --sha SHA [--pull-request N] [--push] [--digests FILE]
 *
 * For a trusted job: looks at an archive of images that an untrusted build uploaded, as data, and pushes what is as it
 * should be, under tags that say where it comes from: pr-<N>-<sha12>, <sha12>. Prints JOB=REFERENCE, a line each.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx';
import { parseImage } from '../src/domain/image-reference.ts';
import { checkArchive, defaultLimits } from './docker/check-archive.ts';
import {
  loggedIn,
  type Published,
  pushFromArchive,
  pushFromEngine,
  refuseTags,
  tellPublished,
  withDigest,
} from './docker/publish.ts';
import { retagged, tagFor } from './docker/tags.ts';
import { writeChecked } from './docker/write-checked.ts';
import { giveUp, jobImages, needDocker, readOptions, readProject } from './project.ts';

const usage = 'npm run docker:check -- ARCHIVE --sha SHA [--pull-request N] [--push] [--digests FILE]';
const { values, positionals } = readOptions(usage);
const [archive] = positionals;
if (archive === undefined || !existsSync(archive)) giveUp(`there is no archive ${archive ?? '(none named)'}`, usage);
const tag = tagFor(values.sha ?? '', values['pull-request']);
if (tag === undefined) giveUp('--sha wants a whole commit id, --pull-request a number from 1', usage);

const project = readProject();
const wanted = jobImages(project).filter(({ dockerfile }) => dockerfile !== undefined);
const named = wanted.map(({ job, image }) => ({ job, name: parseImage(image)?.name ?? image }));
const jobs = [...new Map(named.map((one) => [one.name, one])).values()];
const { images, faults } = await checkArchive(archive ?? '', {
  names: jobs.map(({ name }) => name),
  limits: defaultLimits,
});
if (faults.length > 0)
  giveUp(
    `${archive} is not pushed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    'it has to be what npm run docker:build -- --archive FILE makes of this project',
  );
for (const { name, bytes } of images) console.error(`${name}: as it should be, ${(bytes / 1e6).toFixed(1)} MB`);

if (values.push === true) {
  const targets = images.map((image) => ({ ...image, target: retagged(image.name, tag ?? '') }));
  refuseTags(targets.map(({ target }) => target));
  const folder = mkdtempSync(join(tmpdir(), 'checked-'));
  // giveUp ends the process wherever it is.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const clean = join(folder, 'images.tar');
  await writeChecked(archive ?? '', images, clean);
  await loggedIn(project, async () => {
    const published: Published[] = [];
    let loaded = false;
    for (const { name, archived, target } of targets) {
      let digest = await pushFromArchive(clean, archived, target);
      if (digest === undefined) {
        await needDocker();
        if (!loaded) await $({ quiet: true })`docker load -q -i ${clean}`;
        loaded = true;
        await $({ quiet: true })`docker tag ${archived} ${target}`;
        digest = await pushFromEngine(target);
      }
      for (const { job } of named.filter((one) => one.name === name))
        published.push({ job, reference: withDigest(target, digest) });
    }
    tellPublished(published, values.digests);
  });
}
