import { LocalWorldError } from '../world-file.ts';
import { hasImage, pulled } from './app-images-base.ts';
import { type BuildKit, buildImage } from './app-images-build.ts';
import { registryPort } from './services.ts';
import { readSupplies, type WantedImage } from './services-supplies.ts';
import type { WorldContext } from './types.ts';

/** Where an image of Docker Hub lies in a registry; null: it names another registry, or a content that can't be made. */
export const placeInRegistry = (image: string): { readonly repository: string; readonly tag: string } | null => {
  if (image.includes('@')) return null;
  const [, path = '', tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(image) ?? [];
  const [first = '', ...rest] = path.replace(/^docker\.io\//, '').split('/');
  if (rest.length === 0) return { repository: `library/${first}`, tag };
  // Docker's own rule: a first part with a dot, a port or `localhost` is a registry.
  if (/[.:]/.test(first) || first === 'localhost') return null;
  return { repository: [first, ...rest].join('/'), tag };
};

export interface ImageKeeper {
  /** Begins to put the images of the world's jobs into its registry, unless that is done or going on. */
  begin(context: WorldContext, container: string): void;
  /** Resolves when what was begun has ended. What went wrong has been said by then. */
  settled(): Promise<void>;
}

/**
 * Servers take minutes to boot, pushing takes seconds: nobody waits for it but whoever closes the world. An image that
 * can't be had is a sentence, not a failure: the job will say the rest.
 */
export const createImageKeeper = (): ImageKeeper => {
  const begun = new Map<string, Promise<void>>();
  return {
    begin: (context, container) => {
      const work = async (): Promise<void> => {
        const { images } = await readSupplies(context.directory);
        const kit = { engine: context.engine, env: context.env, say: context.progress };
        await Promise.all(
          images.map((wanted) => {
            const key = `${container} ${JSON.stringify(wanted)}`;
            const going = begun.get(key) ?? provide(kit, context, wanted).catch((error) => tell(kit, wanted, error));
            begun.set(key, going);
            return going;
          }),
        );
      };
      begun.set(
        container,
        work().catch((error: unknown) => context.progress(error instanceof Error ? error.message : String(error))),
      );
    },
    settled: async () => void (await Promise.all(begun.values())),
  };
};

const tell = ({ say }: BuildKit, { job, image }: WantedImage, error: unknown): void =>
  say(`${job} can't start: ${image} is not in the local registry (${error instanceof Error ? error.message : error})`);

const provide = async (kit: BuildKit, context: WorldContext, wanted: WantedImage): Promise<void> => {
  const place = placeInRegistry(wanted.image);
  // Servers fetch it themselves from where it is.
  if (place === null) return;
  const registry = await registryOf(context);
  const local = await localImage(kit, wanted).catch(async (error: unknown) => {
    // One that was put there before serves as well: what is gone is only its source on this machine.
    if ((await imageIn(registry, place)).length > 0) return undefined;
    throw error;
  });
  if (local === undefined) return;
  const { engine } = kit;
  const id = (await engine.run(['image', 'inspect', '--format', '{{.Id}}', local])).trim();
  if ((await imageIn(registry, place)).includes(id)) return;
  const target = `${registry}/${place.repository}:${place.tag}`;
  await engine.run(['tag', local, target]);
  try {
    await engine.run(['push', '-q', target], { timeoutMs: 5 * 60_000 });
  } finally {
    await engine.attempt(['image', 'rm', target]);
  }
};

/** The image as the host's engine has it, under a name it knows. */
const localImage = async (kit: BuildKit, wanted: WantedImage): Promise<string> => {
  const { image, job, dockerfile, context } = wanted;
  if (dockerfile !== undefined && context !== undefined) return buildImage(kit, { image, job, dockerfile, context });
  if (await hasImage(kit.engine, image)) return image;
  const { ok, why } = await pulled(kit.engine, image);
  if (ok) return image;
  throw new LocalWorldError(
    `it can't be pulled: ${why}`,
    `Load it into the engine (docker load), or write docker/${job}.Dockerfile`,
  );
};

const answerMs = 15_000;
const pauseMs = 100;
/** Address of the world's registry on this host, once it answers. */
const registryOf = async ({ engine, names }: WorldContext): Promise<string> => {
  const published = await engine.run(['port', names.services, `${registryPort}/tcp`]);
  const address = published.trim().split('\n')[0] ?? '';
  for (let waited = 0; ; waited += pauseMs) {
    const reply = await fetch(`http://${address}/v2/`).catch(() => undefined);
    if (reply?.ok) return address;
    if (waited >= answerMs)
      throw new LocalWorldError(
        `the local registry does not answer after ${answerMs / 1000} s`,
        `Look at: docker logs ${names.services}`,
      );
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
};

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
].join(', ');

/** Ids under which an engine may know what the registry has: of its configuration, or of its manifest. */
const imageIn = async (registry: string, place: { repository: string; tag: string }): Promise<string[]> => {
  const url = `http://${registry}/v2/${place.repository}/manifests/${place.tag}`;
  const reply = await fetch(url, { headers: { accept: manifestTypes } });
  if (!reply.ok) return [];
  const { config } = (await reply.json()) as { readonly config?: { readonly digest?: string } };
  return [config?.digest, reply.headers.get('docker-content-digest')].filter((one) => typeof one === 'string');
};
