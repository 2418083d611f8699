import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $, which } from 'zx';
import { registryHost, secretIn } from '../../src/compose/registry.ts';
import type { ProjectConfig } from '../../src/config/project.ts';
import { parseImage, pinnedTo } from '../../src/domain/image-reference.ts';
import { giveUp } from '../project.ts';
import { faultOfTag, originOf } from './tags.ts';

/** `web=docker.io/acme/web:1a2b@sha256:…`: what --image of the provisioner takes. */
export interface Published {
  readonly job: string;
  readonly reference: string;
}

/** A line for each, into the file of `--digests`, or on stdout. */
export const tellPublished = (published: readonly Published[], file: string | undefined): void => {
  const text = published.map(({ job, reference }) => `${job}=${reference}\n`).join('');
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
};

/** Ends the script when a tag may not be pushed from here. */
export const refuseTags = (images: readonly string[]): void => {
  const origin = originOf(process.env, gitBranch());
  for (const image of images) {
    const fault = faultOfTag(parseImage(image)?.tag ?? 'latest', origin);
    if (fault !== undefined) giveUp(`${image} is not pushed: ${fault}`, 'name a tag: --tag 1.4.2');
  }
};

const gitBranch = (): string | undefined => {
  try {
    return execFileSync('git', ['rev-parse', '--abbrev-ref', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
};

/**
 * Runs `work` with a login of its own at the registry, in a folder that is gone afterwards: nothing is left in the
 * runner's home. Without a token in the environment the machine's own login counts.
 */
export const loggedIn = async <T>(project: ProjectConfig, work: () => Promise<T>): Promise<T> => {
  const token = secretIn(process.env, 'REGISTRY_PUSH_TOKEN') ?? secretIn(process.env, 'REGISTRY_TOKEN');
  const username = process.env['REGISTRY_USERNAME'] || project.images.username;
  if (token === undefined || username === undefined) return work();
  const folder = mkdtempSync(join(tmpdir(), 'registry-login-'));
  const before = process.env['DOCKER_CONFIG'];
  try {
    process.env['DOCKER_CONFIG'] = folder;
    const host = registryHost(project.images);
    const auth = Buffer.from(`${username}:${token.reveal()}`).toString('base64');
    const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [key]: { auth } } }), { mode: 0o600 });
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (before === undefined) delete process.env['DOCKER_CONFIG'];
    else process.env['DOCKER_CONFIG'] = before;
  }
};

/** Pushes what the engine has under this name; the digest that the registry gave it. */
export const pushFromEngine = async (image: string): Promise<string> => {
  const pushed = await $({ nothrow: true, quiet: true })`docker push ${image}`;
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout)?.[1];
  if (pushed.exitCode === 0 && digest !== undefined) return digest;
  return giveUp(
    `${image} could not be pushed: ${lastLine(pushed.stderr || pushed.stdout)}`,
    'set REGISTRY_PUSH_TOKEN and images.username, or sign in: docker login',
  );
};

/** From an archive past the engine, where skopeo is there. Undefined: it is not. */
export const pushFromArchive = async (
  archive: string,
  archived: string,
  image: string,
): Promise<string | undefined> => {
  if ((await which('skopeo', { nothrow: true })) === null) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'pushed-'));
  try {
    const file = join(folder, 'digest');
    const config = process.env['DOCKER_CONFIG'];
    const login = config === undefined ? [] : ['--authfile', join(config, 'config.json')];
    const plain = /^(?:localhost|127\.)/.test(parseImage(image)?.registry ?? '') ? ['--dest-tls-verify=false'] : [];
    const from = `docker-archive:${archive}:${archived}`;
    const copied = await $({
      nothrow: true,
      quiet: true,
    })`skopeo copy -q ${login} ${plain} --digestfile ${file} ${from} ${`docker://${image}`}`;
    if (copied.exitCode !== 0)
      giveUp(`${image} could not be pushed: ${lastLine(copied.stderr)}`, 'set REGISTRY_PUSH_TOKEN and images.username');
    return execFileSync('cat', [file], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const withDigest = (image: string, digest: string): string => {
  const reference = parseImage(image);
  if (reference === undefined) return image;
  return reference.tag === undefined ? pinnedTo(reference, digest) : `${reference.name}:${reference.tag}@${digest}`;
};

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
