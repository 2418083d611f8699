import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { loadProject, type ProjectConfig } from '../config/project.ts';
import type { Target } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { systemClock } from '../local/clock.ts';
import { createDirectoryStore } from '../local/directory-store.ts';
import { systemRandom } from '../local/random.ts';
import { createRecoveryFiles } from '../local/recovery-files.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { Workspace } from '../ports/session.ts';
import { loadAssets } from './assets.ts';
import type { Backends } from './backends.ts';
import { buildContext, type PreviewsApart } from './build.ts';
import type { CloudAccess } from './context.ts';
import { chooseLocal, directoryOf, type LocalKind, type LocalWorlds } from './local-world.ts';
import { openRegistry } from './registry.ts';
import { openStateSealer } from './sealing.ts';
import { openBucket, openStateStore } from './state-store.ts';
import { createWorkspace } from './workspace.ts';

export interface OpenOptions {
  readonly configFile: string;
  /** What `--local` asked for; null: the real cloud. */
  readonly local: LocalKind | 'either' | null;
  /** Whose world is wanted; undefined: the command spans all environments. */
  readonly target: Target | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reporter: Reporter;
  readonly localWorlds: LocalWorlds;
  readonly version: string;
  /** Told of every secret as soon as it is known, so that nothing prints it. */
  readonly onSecret: (secret: Secret) => void;
}

/** Hetzner's own address; `HCLOUD_ENDPOINT` overrides it as it does for the `hcloud` command. */
const hetznerEndpoint = 'https://api.hetzner.cloud/v1';

/** Builds every adapter of one command. Throws ConfigError or Failure before anything is asked or changed. */
export const openWorkspace = async (options: OpenOptions): Promise<Workspace> => {
  const { env, reporter, configFile } = options;
  const config = loadProject({ text: await readConfig(configFile), file: configFile, env });
  const local = options.local === null ? undefined : await openLocal(options, options.local, config.artifacts?.mirror);
  const access = local?.access ?? hetznerAccess(env);
  options.onSecret(access.token);
  const { onSecret } = options;
  const store =
    local === undefined
      ? openStateStore(config.state, { configFile, env, clock: systemClock, random: systemRandom, onSecret })
      : createDirectoryStore(local.directory);
  return createWorkspace(
    await buildContext({
      config,
      assets: loadAssets(configFile),
      access,
      store,
      ...(local === undefined ? { backends: backendsOf(config.state, options) } : {}),
      ...(local === undefined ? previewsOf(config, options) : {}),
      // The emulated world is plain: its secrets open nothing, and a trial needs no identity.
      sealer: openStateSealer(local === undefined ? config.state : undefined, options),
      recovery: createRecoveryFiles(local?.directory ?? dirname(resolve(configFile))),
      random: systemRandom,
      reporter,
      version: options.version,
      waitClock: systemClock,
      leaseClock: local === undefined ? undefined : systemClock,
      holder: { host: hostname(), pid: process.pid, user: userInfo().username },
      onSecret: options.onSecret,
      env,
      registry: openRegistry({
        images: config.images,
        env,
        fetch: (request) => fetch(request),
        clock: systemClock,
        onSecret,
      }),
    }),
  );
};

/** Their sealer has another identity, so whoever can open the states of previews need not be able to open the others. */
const previewsOf = (
  { previewState: state }: ProjectConfig,
  options: OpenOptions,
): { readonly previews?: PreviewsApart } => {
  if (state === undefined) return {};
  const { configFile, env, onSecret } = options;
  const store = openStateStore(state, { configFile, env, clock: systemClock, random: systemRandom, onSecret });
  return {
    previews: { state, store, sealer: openStateSealer(state, options), backends: backendsOf(state, options) },
  };
};

const backendsOf = (state: ProjectConfig['state'], { configFile, env, onSecret }: OpenOptions): Backends => {
  const options = { configFile, env, clock: systemClock, random: systemRandom, onSecret };
  const missing = (what: string): Failure =>
    new Failure(`${configFile} does not say where states lie ${what}`, {
      next: `write under state, beside what is there: ${what === 'locally' ? 'directory: state/files' : 's3: { region: …, bucket: … }'}`,
    });
  return {
    open: (backend) => {
      if (state === undefined) throw missing(backend === 'local' ? 'locally' : 'in a bucket');
      if (backend === 's3') return openBucket(state, options);
      if (state.directory === undefined) throw missing('locally');
      return openStateStore({ ...state, backend }, options);
    },
    ...(state?.s3 === undefined ? {} : { makeBucket: () => openBucket(state, options).makeBucket() }),
  };
};

/** The local world that was asked for, and the directory of it and of the states of its environments. */
export const openLocal = async (
  { env, configFile, target, localWorlds, reporter }: OpenOptions,
  choice: LocalKind | 'either',
  mirror: string | undefined,
): Promise<{ readonly access: CloudAccess; readonly directory: string }> => {
  const base = env['RECONCILE_LOCAL_DIR'] ?? resolve(dirname(configFile), 'state/local');
  const say = (text: string): void => reporter.notice(text);
  const kind = await chooseLocal({ choice, target, directory: base, mirror, worlds: localWorlds, say });
  const directory = directoryOf(kind, base);
  return { access: await localWorlds.open(kind, directory, say), directory };
};

export const readConfig = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const next = 'name the configuration with --config FILE';
    if (code === 'EISDIR') throw new Failure(`${file} is a directory`, { next, cause: error });
    if (code !== 'ENOENT') throw new Failure(`can't read ${file}: ${message}`, { next, cause: error });
    throw new Failure(`there is no ${file}`, {
      next: 'write one with: reconcile init   (or name another with --config FILE)',
    });
  }
};

export const hetznerAccess = (env: OpenOptions['env']): CloudAccess => {
  const token = env['HCLOUD_TOKEN'];
  if (token === undefined || token === '')
    throw new Failure('HCLOUD_TOKEN is not set, so Hetzner would refuse every request', {
      next: 'export HCLOUD_TOKEN=… (console.hetzner.cloud: project, Security, API tokens), or add --local to use the emulated cloud',
    });
  const endpoint = (env['HCLOUD_ENDPOINT'] ?? hetznerEndpoint).replace(/\/+$/, '');
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint))
    throw new Failure(`HCLOUD_ENDPOINT is no http(s) URL: ${endpoint}`, {
      next: `unset it, or set it like ${hetznerEndpoint}`,
    });
  return {
    fetch: (request) => fetch(request),
    clock: systemClock,
    endpoint,
    token: new Secret(token),
    description: new URL(endpoint).host,
    machines: null,
  };
};
