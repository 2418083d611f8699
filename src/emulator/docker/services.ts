import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ArchiveFile, archiveOf } from './archive.ts';
import { cacheDirectory } from './binaries-cache.ts';
import { metadataOf } from './services-metadata.ts';
import { readSupplies } from './services-supplies.ts';
import type { FoundContainer, Part, WorldContext } from './types.ts';

/*
 * The one container of a world that gives servers what the real surroundings give: the metadata service on
 * 169.254.169.254 (servers have a route to it by way of `publicSide.services`), a mirror for downloads on port 80 and a
 * registry of images on port 5000, which engines inside of servers use with `--registry-mirror`. It is there as long
 * as there are servers.
 */
const folder = fileURLToPath(new URL('../../../docker/services/', import.meta.url));
const programLabel = 'emulated-program';
export const registryPort = 5000;

export interface ServicesOptions {
  /** Called when the services run; puts the jobs' images into the registry. */
  readonly onRunning?: (context: WorldContext, container: string) => void;
}

export const createServicesPart = ({ onRunning }: ServicesOptions = {}): Part => {
  /** Container to the hash of what it tells. */
  const told = new Map<string, string>();
  return {
    sync: async (context) => {
      const { engine, names, world } = context;
      const found = context.found.find((one) => one.kind === 'services');
      if (world.servers.size === 0) {
        if (found !== undefined) await remove(context, found);
        return;
      }
      const own = await programFiles();
      const program = hashOf(own.map(({ content }) => content));
      const data = JSON.stringify({
        metadata: metadataOf(world),
        mirror: (await readSupplies(context.directory)).mirror,
      });
      // One that was made but never started may lack its files: a crash came between.
      const good = found?.labels[programLabel] === program && found.state !== 'created';
      const fresh = good ? found : undefined;
      if (found !== undefined && fresh === undefined) await remove(context, found);
      const id = fresh?.id ?? (await create(context, own, data, program));
      if (fresh !== undefined && fresh.state !== 'running') await engine.run(['start', names.services]);
      if (fresh !== undefined && told.get(id) !== hashOf([data])) await tell(context, data);
      told.set(id, hashOf([data]));
      onRunning?.(context, id);
    },
  };
};

const hashOf = (texts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
};

const programFiles = (): Promise<ArchiveFile[]> =>
  Promise.all(
    ['services.py', 'registry.yml'].map(async (path) => ({ path, content: await readFile(`${folder}${path}`) })),
  );

const remove = async ({ engine }: WorldContext, container: FoundContainer): Promise<void> => {
  await engine.run(['rm', '-f', '-v', container.id]);
};

/** User data is among what is told: readable for root only. */
const worldFile = (data: string): ArchiveFile => ({ path: 'world.json', content: data, mode: 0o600 });

const create = async (
  context: WorldContext,
  own: readonly ArchiveFile[],
  data: string,
  program: string,
): Promise<string> => {
  const { engine, names, image, publicSide, env, now } = context;
  const cache = cacheDirectory(env);
  // Else the engine would make it, for root only.
  await mkdir(cache, { recursive: true });
  const created = await engine.run([
    'create',
    ...['--name', names.services, '--hostname', 'services'],
    ...names.labels('services', 'services', { [programLabel]: program }),
    ...['--network', names.publicNetwork, '--ip', publicSide.services],
    ...['--cap-add', 'NET_ADMIN', '--stop-signal', 'SIGTERM', '--init'],
    // Engines push without TLS to 127.0.0.0/8 only.
    ...['--publish', `127.0.0.1::${registryPort}`],
    ...['--volume', `${cache}:/srv/cache:ro`, '--volume', '/var/lib/registry'],
    image,
    ...['python3', '/srv/services.py'],
  ]);
  await engine.run(['cp', '-', `${names.services}:/srv`], { input: archiveOf([...own, worldFile(data)], now()) });
  await engine.run(['start', names.services]);
  return created.trim();
};

const tell = async ({ engine, names }: WorldContext, data: string): Promise<void> => {
  const put = 'umask 077; cat >/srv/world.json.new && mv /srv/world.json.new /srv/world.json';
  await engine.run(['exec', '-i', names.services, 'sh', '-c', put], { input: data });
};
