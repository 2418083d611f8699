import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { parseImage } from '../domain/image-reference.ts';
import type { Images } from '../domain/preview.ts';
import {
  type Architecture,
  type Artifact,
  architectures,
  artifactUrl,
  type Checksums,
  checksumsOf,
} from '../domain/versions.ts';

/** What servers of an environment will ask their surroundings for. */
export interface Wants {
  readonly programs: readonly {
    readonly artifact: Artifact;
    readonly version: string;
    /** The official release; without a checksum it may not be used. */
    readonly releases: Readonly<Record<Architecture, { readonly url: string; readonly checksum: string | undefined }>>;
  }[];
  readonly images: readonly WantedImage[];
}
export interface WantedImage {
  readonly job: string;
  readonly image: string;
  /** Absolute; absent: it is not built here. */
  readonly dockerfile?: string;
  readonly context?: string;
}
/** What a local world answers: where its mirror is, and what lies there. */
export interface Supplies {
  readonly mirror: string;
  readonly programs: readonly { readonly artifact: Artifact; readonly version: string; readonly checksum: string }[];
}
/** Of a local world that serves downloads and images itself. Throws Failure where a program can't be had. */
export type Supply = (wants: Wants) => Promise<Supplies>;

export const wantsOf = (environment: Environment, configFile: string): Wants => ({
  programs: [
    ...(['consul', 'nomad', 'caddy'] as const).map((artifact) =>
      program(environment, artifact, environment.versions[artifact]),
    ),
    ...(environment.tailscale === undefined
      ? []
      : [program(environment, 'tailscale', environment.tailscale.version, environment.tailscale.checksums)]),
  ],
  images: environment.jobs.map(({ name, image }) => imageOf(name, image, dirname(resolve(configFile)))),
});

const program = (
  { artifacts }: Environment,
  artifact: Artifact,
  version: string,
  given?: Checksums,
): Wants['programs'][number] => {
  const known = artifact === 'tailscale' ? given : checksumsOf(artifact, version);
  const own = artifacts?.checksums[artifact]?.[version];
  const release = (architecture: Architecture) => ({
    url: artifactUrl(artifact, version, architecture, artifacts?.mirror),
    checksum: own?.[architecture] ?? known?.[architecture],
  });
  const [amd64, arm64] = architectures.map(release);
  if (amd64 === undefined || arm64 === undefined) throw new TypeError('an architecture is missing');
  return { artifact, version, releases: { amd64, arm64 } };
};

/** `docker/<job>.Dockerfile` beside infra.yaml, with its folder as the context (README, npm run docker:build). */
const imageOf = (job: string, image: string, folder: string): WantedImage => {
  const dockerfile = resolve(folder, `docker/${job}.Dockerfile`);
  return existsSync(dockerfile) ? { job, image, dockerfile, context: resolve(folder, 'docker') } : { job, image };
};

/**
 * Images as a local world can have them: what it builds itself has no digest that anybody could know, so it goes by the
 * tag, or by the beginning of the digest.
 */
export const inWorld = (images: Images, { images: wanted }: Wants): Images =>
  Object.fromEntries(
    Object.entries(images).map(([job, image]) => {
      const { name, tag, digest } = parseImage(image) ?? { name: image };
      const built = wanted.some((one) => one.job === job && one.dockerfile !== undefined);
      return [job, built && digest !== undefined ? `${name}:${tag ?? digest.slice(7, 19)}` : image];
    }),
  );

/**
 * The environment with what a local world has in place of the vendors' releases. One program serves both architectures:
 * a local server is a container on this machine, whatever the ordered type is called.
 */
export const withSupplies = (environment: Environment, { mirror, programs }: Supplies): Environment => {
  const found = new Map(programs.map((one) => [one.artifact, one]));
  const versionOf = (artifact: Artifact, wanted: string): string => found.get(artifact)?.version ?? wanted;
  const { versions, tailscale } = environment;
  const checksums = Object.fromEntries(
    programs.map(({ artifact, version, checksum }) => [artifact, { [version]: { amd64: checksum, arm64: checksum } }]),
  );
  const vpn = found.get('tailscale');
  return {
    ...environment,
    versions: {
      nomad: versionOf('nomad', versions.nomad),
      consul: versionOf('consul', versions.consul),
      caddy: versionOf('caddy', versions.caddy),
    },
    artifacts: { mirror, checksums },
    ...(tailscale !== undefined &&
      vpn !== undefined && {
        tailscale: { ...tailscale, version: vpn.version, checksums: { amd64: vpn.checksum, arm64: vpn.checksum } },
      }),
  };
};

/** The environment as a local world serves it; `lacks` says why that can't be: then nothing may be built from it. */
export const supplied = async (
  environment: Environment,
  configFile: string,
  supply: Supply | undefined,
): Promise<{ readonly environment: Environment; readonly lacks: Failure | null }> => {
  if (supply === undefined) return { environment, lacks: null };
  try {
    return { environment: withSupplies(environment, await supply(wantsOf(environment, configFile))), lacks: null };
  } catch (error) {
    // What is there can still be looked at and destroyed.
    if (error instanceof Failure) return { environment, lacks: error };
    throw error;
  }
};
