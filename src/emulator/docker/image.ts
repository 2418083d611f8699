import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalWorldError } from '../world-file.ts';
import { refusedCapabilities } from './capabilities.ts';
import { createEngine, tailOf } from './engine.ts';
import type { Missing } from './probe.ts';
import type { Engine } from './types.ts';

/*
 * The image that machines, load balancers and services run from. Its tag carries a hash of what it is made of, so a
 * change of the sources makes another image; what the engine refuses of capabilities is its label, so that it is tried
 * once per engine. A build that ends in the middle leaves layers, and the next one goes on from them.
 */
const dockerfile = fileURLToPath(new URL('../../../docker/machine.Dockerfile', import.meta.url));
const sources = fileURLToPath(new URL('../../../docker/machine', import.meta.url));
const repository = 'emulated-machine';
const refusedLabel = 'emulated-refused';
const publicBase = 'debian:12';
const ownBase = 'emulated-base:bookworm';
const minutes = 60_000;

export interface MachineImage {
  readonly tag: string;
  readonly refused: readonly string[];
}
export interface ImageOptions {
  readonly engine: Engine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: (text: string) => void;
}

/** `emulated-machine:0f3c9a21`. */
export const machineTag = async (): Promise<string> => {
  const hash = createHash('sha256');
  const files = [dockerfile, ...(await readdir(sources)).sort().map((name) => join(sources, name))];
  for (const file of files) hash.update(`${file.slice(file.lastIndexOf('/'))}\0`).update(await readFile(file));
  return `${repository}:${hash.digest('hex').slice(0, 8)}`;
};

/** The image if it is there; undefined: it would have to be built. */
export const findMachineImage = async (engine: Engine): Promise<MachineImage | undefined> => {
  const tag = await machineTag();
  const format = `{{index .Config.Labels "${refusedLabel}"}}`;
  const { code, stdout } = await engine.attempt(['image', 'inspect', '--format', format, tag]);
  return code === 0 ? { tag, refused: stdout.trim().split(' ').filter(Boolean) } : undefined;
};

/** The image, built on first use: a minute or two. Throws LocalWorldError. */
export const ensureMachineImage = async (options: ImageOptions): Promise<MachineImage> => {
  const { engine, progress } = options;
  const there = await findMachineImage(engine);
  if (there !== undefined) return there;
  const tag = await machineTag();
  progress(`building the machine image ${tag} (once, a minute or two)`);
  const base = await baseImage(options);
  const refused = await refusedCapabilities(engine, base);
  if ('ok' in refused) throw new LocalWorldError(refused.because, refused.next);
  await build(options, tag, base, refused);
  progress(`the machine image ${tag} is ready`);
  return { tag, refused };
};

/** Debian 12: as told, as it is there, as it can be pulled, or made on this host. */
const baseImage = async ({ engine, env, progress }: ImageOptions): Promise<string> => {
  const told = env['RECONCILE_MACHINE_BASE'];
  if (told !== undefined && told !== '') return told;
  for (const known of [publicBase, ownBase])
    if ((await engine.attempt(['image', 'inspect', '--format', '{{.Id}}', known])).code === 0) return known;
  progress(`pulling ${publicBase}`);
  const pulled = await engine.attempt(['pull', '-q', publicBase], { timeoutMs: 3 * minutes }).catch((error) => error);
  if (pulled.code === 0) return publicBase;
  const why = tailOf(pulled.stderr ?? String(pulled), 1);
  const missing = await bootstrappable();
  if (missing !== undefined)
    throw new LocalWorldError(`${publicBase} can't be pulled (${why}), and ${missing.because}`, missing.next);
  progress(`${publicBase} can't be pulled; making it with debootstrap (half a minute)`);
  return bootstrapped(engine);
};

const bootstrappable = async (): Promise<Missing | undefined> => {
  const next = 'Install it (apt-get install debootstrap), load an image debian:12, or choose --local=simulated';
  try {
    const { code } = await createEngine('debootstrap').attempt(['--version'], { timeoutMs: minutes });
    if (code !== 0) return { ok: false, because: 'debootstrap does not start', next };
  } catch {
    return { ok: false, because: 'debootstrap is not there to make it', next };
  }
  if (process.getuid?.() === 0) return undefined;
  const asRoot = 'Run the command once as root, load an image debian:12, or choose --local=simulated';
  return { ok: false, because: 'debootstrap makes it for root only', next: asRoot };
};

/** A minimal Debian of the host's own making, imported. */
const bootstrapped = async (engine: Engine): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'emulated-base-'));
  const root = join(directory, 'root');
  const file = join(directory, 'base.tar');
  try {
    const made = { timeoutMs: 15 * minutes };
    await step('debootstrap', ['--variant=minbase', 'bookworm', root], made);
    await step('tar', ['-C', root, '--exclude=./var/cache/apt/archives/*.deb', '-cf', file, '.'], made);
    await engine.run(['import', file, ownBase], { timeoutMs: 5 * minutes });
    return ownBase;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
const step = async (command: string, args: string[], options: { timeoutMs: number }): Promise<void> => {
  const { code, stdout, stderr } = await createEngine(command).attempt(args, options);
  if (code === 0) return;
  const why = tailOf(stderr, 3) || tailOf(stdout, 3);
  throw new LocalWorldError(`${command} failed: ${why}`, 'When that is mended, run the command again');
};

const build = async (
  { engine, env, progress }: ImageOptions,
  tag: string,
  base: string,
  refused: readonly string[],
): Promise<void> => {
  // Docker passes these on to the commands of a build, but not into the image.
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) =>
    env[name] === undefined ? [] : ['--build-arg', name],
  );
  const onLine = (line: string): void => {
    const step = /^(?:Step (\d+\/\d+) : (.*)|#\d+ \[\s*(\d+\/\d+)\] (.*))$/.exec(line.trim());
    if (step !== null)
      progress(`machine image, step ${step[1] ?? step[3]}: ${(step[2] ?? step[4] ?? '').slice(0, 80)}`);
  };
  const label = `${refusedLabel}=${refused.join(' ')}`;
  const args = [
    'build',
    '-t',
    tag,
    '--label',
    label,
    '--build-arg',
    `BASE=${base}`,
    ...proxies,
    '-f',
    dockerfile,
    sources,
  ];
  const { code, stdout, stderr } = await engine.attempt(args, { timeoutMs: 20 * minutes, onLine });
  if (code === 0) return;
  const why = tailOf(`${stdout.split('\n').slice(-12).join('\n')}\n${stderr}`, 8);
  const next = 'When that is mended, run the command again: it goes on from the steps that are done';
  throw new LocalWorldError(`the machine image can't be built: ${why}`, next);
};
