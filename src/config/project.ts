import {
  type AcmeConfig,
  type Artifacts,
  acmeDefaults,
  type Environment,
  type EnvironmentType,
  type SourcePosition,
} from '../domain/environment.ts';
import { ConfigError, type ConfigProblem } from '../domain/errors.ts';
import { apart } from './checks/apart.ts';
import type { Checked, CrossCheck } from './checks/check.ts';
import { firewall } from './checks/firewall.ts';
import { ingress } from './checks/ingress.ts';
import { names } from './checks/names.ts';
import { networks } from './checks/networks.ts';
import { pool } from './checks/pool.ts';
import { secrets } from './checks/secrets.ts';
import { servers } from './checks/servers.ts';
import { builtIn } from './defaults.ts';
import { type ConfigDocument, type Path, pathText, readDocument } from './document.ts';
import { at, problemsOf } from './issues.ts';
import { allowedKeys } from './keys.ts';
import { type EnvironmentConfig, mergeEnvironments } from './merge.ts';
import { type EnvironmentVariables, overrides } from './overrides.ts';
import { covers, withoutFaults } from './prune.ts';
import { type Infra, infraSchema } from './schema.ts';
import { effectivePath, effectiveSources } from './sources.ts';

/** Where the state is kept; the part that `backend` names is there. */
export interface StateConfig {
  readonly backend: 'local' | 's3';
  readonly directory?: string;
  readonly s3?: {
    /** Undefined: AWS itself. */
    readonly endpoint?: string;
    readonly region: string;
    readonly bucket: string;
    readonly prefix: string;
    readonly pathStyle: boolean;
    readonly lease: 'store' | 'hetzner';
  };
  /** age recipients; empty: secrets are written in plain text, which only a local directory takes. */
  readonly recipients: readonly string[];
  /** Path of an age identity file. */
  readonly identity?: string;
}

/** Where the images of jobs lie, and who may read them there. */
export interface ImagesConfig {
  /** `docker.io/acme`; undefined: each job names its image. */
  readonly registry?: string;
  /** With REGISTRY_TOKEN; undefined: anybody may. */
  readonly username?: string;
  /** Registries are asked what tags stand for. */
  readonly pin: boolean;
}

/** Everything infra.yaml says, validated, defaults and environment variables applied. */
export interface ProjectConfig {
  readonly file: string;
  readonly project: string;
  readonly domain: string;
  readonly zone?: string;
  readonly dnsTtlSeconds: number;
  /** Undefined: the file has no `state` section. `--local` needs none; every other command says what to write. */
  readonly state?: StateConfig;
  /** Of previews, their pool and what they share; undefined: as `state`. */
  readonly previewState?: StateConfig;
  /** `owner/name`; undefined: GITHUB_REPOSITORY says. */
  readonly repository?: string;
  readonly images: ImagesConfig;
  readonly acme?: AcmeConfig;
  readonly sshKeys: readonly string[];
  readonly versions: Environment['versions'];
  readonly artifacts?: NonNullable<Environment['artifacts']>;
  readonly tailscale?: NonNullable<Environment['tailscale']>;
  readonly environments: Readonly<Partial<Record<EnvironmentType, EnvironmentConfig>>>;
  readonly limits: { readonly pullRequestsMax: number };
  /** Key path to place: those of the file, and for each environment also the values it takes from `defaults`. */
  readonly sources: Readonly<Record<string, SourcePosition>>;
}

/** Text of infra.yaml to a ProjectConfig. Throws ConfigError with every problem of the file at once. */
export const loadProject = (input: { text: string; file: string; env: EnvironmentVariables }): ProjectConfig => {
  const document = readDocument(input.text, input.file);
  if ('problems' in document) throw failed(document.problems);

  const parsed = infraSchema.safeParse(document.value);
  const shapeProblems = parsed.success ? [] : problemsOf(parsed.error.issues, document, allowedKeys);
  const { infra: usable, removed } = parsed.success
    ? { infra: parsed.data, removed: [] }
    : withoutFaults(document.value, parsed.error.issues);
  if (usable === undefined) throw failed(shapeProblems);

  const { infra, problems: variableProblems } = overrides(usable, input.env);
  const environments = mergeEnvironments(infra);
  const jobs = at(document.value, ['defaults', 'jobs']);
  const jobNames = Array.isArray(jobs) ? jobs.map((job: unknown) => String(at(job, ['name']))) : [];
  const checked = { infra, jobNames, environments: Object.entries(environments) as Checked['environments'][number][] };
  const problems = [...shapeProblems, ...variableProblems, ...crossProblems(checked, document, removed)];
  if (Object.keys(document.value === null ? {} : infra.environments).length === 0 && problems.length === 0)
    problems.push({
      ...document.keyAt(['environments']),
      path: 'environments',
      message: 'there is no environment',
      allowed: 'production, staging, pr',
    });
  if (problems.length > 0) throw failed(problems);
  return projectConfig(input.file, infra, environments, document);
};

const failed = (problems: readonly ConfigProblem[]): ConfigError => {
  const inVariables = problems.every(({ line }) => line === 0);
  return new ConfigError(
    [...problems].sort((a, b) => a.line - b.line || a.column - b.column),
    {
      next: inVariables
        ? 'set or unset it and run the same command again'
        : 'correct the file and run the same command again',
    },
  );
};

const crossChecks: readonly CrossCheck[] = [networks, servers, names, ingress, firewall, secrets, pool, apart];

/** Rules between values; silent where a value they read was already told to be wrong. */
const crossProblems = (checked: Checked, document: ConfigDocument, removed: readonly Path[]): ConfigProblem[] => {
  const told = new Set<string>();
  return crossChecks
    .flatMap((check) => check(checked))
    .flatMap(({ path, about = [], key, ...rest }) => {
      const places = [path, ...about].map((one) => effectivePath(document, one));
      if (removed.some((gone) => [path, ...about, ...places].some((place) => covers(gone, place)))) return [];
      const place = places[0] ?? path;
      const problem = { ...(key ? document.keyAt(place) : document.valueAt(place)), path: pathText(place), ...rest };
      // A value of `defaults` that is wrong for several environments is told once.
      const identity = JSON.stringify([problem.path, problem.message]);
      if (told.has(identity)) return [];
      told.add(identity);
      return [problem];
    });
};

const projectConfig = (
  file: string,
  infra: Infra,
  environments: ProjectConfig['environments'],
  document: ConfigDocument,
): ProjectConfig => {
  const { versions, artifacts } = pinned(infra);
  return {
    file,
    project: infra.project,
    domain: infra.domain,
    ...(infra.dns !== undefined && { zone: infra.dns.zone }),
    dnsTtlSeconds: infra.dns?.ttl ?? builtIn.dnsTtlSeconds,
    ...(infra.state !== undefined && { state: stateConfig(infra.state) }),
    ...(infra.state?.previews !== undefined && { previewState: previewState(infra.state, infra.state.previews) }),
    ...(infra.github?.repository !== undefined && { repository: infra.github.repository }),
    images: {
      pin: infra.images?.pin ?? true,
      ...(infra.images?.registry !== undefined && { registry: infra.images.registry }),
      ...(infra.images?.username !== undefined && { username: infra.images.username }),
    },
    ...(infra.acme !== undefined && { acme: acme(infra.acme) }),
    sshKeys: infra.ssh_keys ?? [],
    versions,
    ...(artifacts !== undefined && { artifacts }),
    ...(infra.tailscale !== undefined && { tailscale: tailscale(infra.tailscale) }),
    environments,
    limits: { pullRequestsMax: infra.environments.pr?.max ?? builtIn.pullRequestsMax },
    sources: effectiveSources(document),
  };
};

const acme = ({ email, directory, ca }: NonNullable<Infra['acme']>): AcmeConfig => ({
  directory: directory ?? acmeDefaults.directory,
  ...(email !== undefined && { email }),
  ...(ca !== undefined && { ca }),
});

const tailscale = ({ version, amd64, arm64, tags, api }: NonNullable<Infra['tailscale']>) => ({
  version,
  checksums: { amd64, arm64 },
  tags,
  ...(api !== undefined && { api }),
});

/** By artifact, version and architecture, as infra.yaml has them. */
type Sums = NonNullable<NonNullable<Infra['artifacts']>['checksums']>;

/** Checksums beside a version (`versions.nomad: { version, amd64, arm64 }`) and those of a mirror; the mirror's own win. */
const pinned = (infra: Infra): Pick<Environment, 'versions' | 'artifacts'> => {
  const versions = { ...builtIn.versions } as Record<keyof Environment['versions'], string>;
  const checksums: Sums = { ...infra.artifacts?.checksums };
  for (const product of ['nomad', 'consul', 'caddy'] as const) {
    const given = infra.versions?.[product];
    if (given === undefined) continue;
    versions[product] = typeof given === 'string' ? given : given.version;
    if (typeof given !== 'string') {
      const { version, ...sums } = given;
      checksums[product] = { ...checksums[product], [version]: { ...sums, ...checksums[product]?.[version] } };
    }
  }
  const mirror = infra.artifacts?.mirror;
  if (mirror === undefined && Object.keys(checksums).length === 0) return { versions };
  return {
    versions,
    artifacts: {
      ...(mirror !== undefined && { mirror }),
      checksums: withoutUndefined(checksums) as Artifacts['checksums'],
    },
  };
};

const withoutUndefined = <T>(value: T): T =>
  (typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, entry]) => entry !== undefined)
          .map(([key, entry]) => [key, withoutUndefined(entry)]),
      )) as T;

type RawState = NonNullable<Infra['state']>;
/** What is not said of previews is as for the others; an identity is not: theirs must not open what is not theirs. */
const previewState = (
  { identity: _others, previews: _own, ...state }: RawState,
  own: NonNullable<RawState['previews']>,
): StateConfig => stateConfig({ ...state, ...withoutUndefined(own) });

const stateConfig = ({ s3, recipients, directory, identity, backend }: NonNullable<Infra['state']>): StateConfig => ({
  backend,
  ...(directory !== undefined && { directory }),
  ...(s3 !== undefined && {
    s3: {
      ...(s3.endpoint !== undefined && { endpoint: s3.endpoint.replace(/\/+$/, '') }),
      region: s3.region,
      bucket: s3.bucket,
      prefix: s3.prefix ?? '',
      pathStyle: s3.path_style ?? s3.endpoint !== undefined,
      lease: s3.lease ?? 'store',
    },
  }),
  recipients: recipients ?? [],
  ...(identity !== undefined && { identity }),
});
