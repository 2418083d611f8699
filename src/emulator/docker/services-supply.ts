import { hostArchitecture, type ProvidedProgram, providePrograms, type WantedProgram } from './binaries.ts';
import type { Env } from './binaries-find.ts';
import { addSupplies, type WantedImage } from './services-supplies.ts';

export interface SupplyOptions {
  /** The world's. */
  readonly directory: string;
  /** The services' public address. */
  readonly host: string;
  readonly env: Env;
  readonly say: (text: string) => void;
}
/** What an environment will ask for; programs with their official release for either architecture. */
export interface EnvironmentWants {
  readonly programs: readonly {
    readonly artifact: WantedProgram['artifact'];
    readonly version: string;
    readonly releases: Readonly<
      Record<'amd64' | 'arm64', { readonly url: string; readonly checksum: string | undefined }>
    >;
  }[];
  readonly images: readonly WantedImage[];
}

/**
 * Sees to it that a world's services have what an environment's servers will ask for: programs in the cache and in the
 * mirror's list, images in the list of those to push. Throws LocalWorldError where a program can't be had.
 */
export const supplyWorld = async (
  { directory, host, env, say }: SupplyOptions,
  { programs, images }: EnvironmentWants,
): Promise<{ readonly mirror: string; readonly programs: readonly ProvidedProgram[] }> => {
  const architecture = hostArchitecture();
  const wanted = programs.map(({ artifact, version, releases }) => ({ artifact, version, ...releases[architecture] }));
  const provided = await providePrograms(wanted, { env, architecture, fetch: (url, init) => fetch(url, init), say });
  const mirror = Object.fromEntries(provided.flatMap((one) => pathsOf(one).map((path) => [path, one.file])));
  await addSupplies(directory, { mirror, images });
  return { mirror: `http://${host}/mirror`, programs: provided };
};

/** In the layout of a mirror, `<artifact>/<version>/<the vendor's file>`; for either architecture the same program. */
const pathsOf = ({ artifact, version }: ProvidedProgram): string[] =>
  (['amd64', 'arm64'] as const).map((architecture) => {
    const names = {
      nomad: `nomad_${version}_linux_${architecture}.zip`,
      consul: `consul_${version}_linux_${architecture}.zip`,
      caddy: `caddy_${version}_linux_${architecture}.tar.gz`,
      tailscale: `tailscale_${version}_${architecture}.tgz`,
    };
    return `/mirror/${artifact}/${version}/${names[artifact]}`;
  });
