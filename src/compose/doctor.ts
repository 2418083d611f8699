import type { ProjectConfig } from '../config/project.ts';
import { ConfigError, Failure } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi } from '../ports/cloud-api.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import type { RecoveryFiles } from '../ports/recovery-files.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Check } from '../ports/state-access.ts';
import { checkApart } from './doctor-apart.ts';
import { checkEnvironments } from './doctor-environments.ts';
import { checkStore } from './doctor-store.ts';
import type { Leases } from './lease.ts';

/** What is examined. Each part may throw the Failure that a command would: it is told then, and the rest goes on. */
export interface Examined {
  readonly config: () => Promise<ProjectConfig>;
  readonly cloud: (config: ProjectConfig) => Promise<CloudApi>;
  readonly store: (config: ProjectConfig) => ObjectStore;
  /** Whether the bucket keeps versions; undefined: it is no bucket. */
  readonly versioning?: (config: ProjectConfig) => Promise<'on' | 'off' | 'none' | 'no bucket'>;
  readonly sealer: (config: ProjectConfig) => Sealer;
  readonly leases: (store: ObjectStore) => Pick<Leases, 'standing'>;
  readonly recovery: RecoveryFiles;
  /** With `--local`: nothing there can lead anywhere. */
  readonly emulated?: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

/** Everything that commands need, looked at once; only the trial of a store writes, an object that is deleted again. */
export const examine = async (of: Examined): Promise<readonly Check[]> => {
  const [configured, config] = await tried('configuration', async () => {
    const found = await of.config();
    return [`project ${found.project}: ${Object.keys(found.environments).join(', ')}`, found] as const;
  });
  if (config === undefined)
    return [configured, ...skipped(['Hetzner', 'state store', 'secrets'], 'infra.yaml comes first')];
  const [hetzner, servers] = await tried('Hetzner', () => lookAtHetzner(of, config));
  const places = await examinePlaces(of, config);
  if (of.emulated === true) return [configured, hetzner, ...places.checks];
  const apart = checkApart({ config, servers, reads: places.reads, opens: places.opens });
  return [configured, hetzner, ...places.checks, ...apart];
};

/** Of previews too, where they have a place of their own: whoever reaches only one of the two has what they need. */
const examinePlaces = async (of: Examined, config: ProjectConfig) => {
  const all = await examinePlace(of, config, '');
  const { previewState: state } = config;
  const previews = state === undefined ? all : await examinePlace(of, { ...config, state }, ' of previews');
  const checks = previews === all ? all.checks : [...excused(all, previews), ...excused(previews, all)];
  return {
    checks,
    reads: { previews: previews.reads, others: all.reads },
    opens: { previews: previews.opens, others: all.opens },
  };
};

interface Place {
  readonly checks: readonly Check[];
  readonly reads: boolean;
  readonly opens: boolean;
}

const examinePlace = async (of: Examined, config: ProjectConfig, whose: string): Promise<Place> => {
  const [opened, store] = await tried(`state store${whose}`, async () => {
    const found = of.store(config);
    return [`${found.place} answers: ${(await found.list()).length} documents`, found] as const;
  });
  const names = ['conditions', 'versions', 'clock', 'secrets'].map((name) => `${name}${whose}`);
  if (store === undefined)
    return { checks: [opened, ...skipped(names, 'the store comes first')], reads: false, opens: false };
  const environments = { ...of, config, store, sealer: of.sealer(config), leases: of.leases(store) };
  const found = await checkEnvironments(environments, whose);
  const conditions = (await checkStore(of, config, store)).map((one) => ({ ...one, name: `${one.name}${whose}` }));
  return { checks: [opened, ...conditions, ...found.checks], reads: true, opens: found.opens };
};

const lacks = /^(?:state store|secrets)(?: of previews)?$/;
const excused = ({ checks, reads, opens }: Place, other: Place): readonly Check[] =>
  checks.map((check): Check => {
    const excuse = (!reads && other.reads) || (!opens && other.opens);
    if (!excuse || check.result !== 'bad' || !lacks.test(check.name)) return check;
    return { name: check.name, result: 'skipped', detail: `not with what is set here: ${check.detail}` };
  });

const lookAtHetzner = async (of: Examined, config: ProjectConfig) => {
  const cloud = await of.cloud(config);
  const listing = await cloud.list('server');
  if (!listing.complete)
    throw new Failure(`the list of servers did not come whole: ${listing.because ?? 'no reason given'}`, {
      next: 'run the same command again',
    });
  const { budget } = cloud.usage();
  const left = budget === null ? '' : `; ${budget.remaining} of ${budget.limit} requests left this hour`;
  return [
    `the token may read (${listing.items.length} servers); whether it may write shows only when it does${left}`,
    listing.items,
  ] as const;
};

/** The check, and what came of it; undefined where it failed. */
export const tried = async <T>(
  name: string,
  work: () => Promise<readonly [detail: string, value: T]>,
): Promise<readonly [Check, T | undefined]> => {
  try {
    const [detail, value] = await work();
    return [{ name, result: 'ok', detail }, value];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [bad(name, error), undefined];
  }
};

export const bad = (name: string, failure: Failure): Check => ({
  name,
  result: 'bad',
  detail: failure instanceof ConfigError ? problemsOf(failure) : failure.message,
  ...(failure.next === undefined ? {} : { next: failure.next }),
});

/** Here a line has to do; `plan` shows them with what is allowed. */
const problemsMax = 5;
const problemsOf = ({ problems, message }: ConfigError): string => {
  const told = problems.slice(0, problemsMax).map(({ file, line, column, path, message: what }) => {
    const place = line === 0 ? file : `${file}:${line}:${column}`;
    return `${place} ${path}: ${what}`;
  });
  return `${message}: ${told.join('; ')}${problems.length > problemsMax ? '; and more' : ''}`;
};

const skipped = (names: readonly string[], detail: string): Check[] =>
  names.map((name) => ({ name, result: 'skipped', detail }));
