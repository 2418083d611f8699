import { environmentFor } from '../config/environment.ts';
import { monthlyCents } from '../cost/cost.ts';
import { desiredState } from '../desired/desired.ts';
import { isAccess } from '../domain/access-rule.ts';
import { targetOfName } from '../domain/environment.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem, PriceList } from '../domain/observation.ts';
import { gzipBase64, sha256Hex } from '../local/hash.ts';
import { type ListedKind, listedKinds, neededKinds } from '../observe/needed-kinds.ts';
import { wantedZones } from '../observe/wanted-zones.ts';
import type { CloudApi, Listing } from '../ports/cloud-api.ts';
import type { ExistingPreview } from '../ports/previews.ts';
import type { HostAccess } from './ask-host.ts';
import type { Context } from './context.ts';
import { hostedPreviews } from './hosted-previews.ts';

export interface Existing {
  readonly complete: boolean;
  readonly previews: readonly ExistingPreview[];
}

/**
 * Every preview of which anything carries our labels, or that has a namespace on shared servers. `kinds: 'needed'` lists what previews are made of by infra.yaml as
 * it is now; `all` finds also what an earlier one left, and costs as many requests more.
 */
export const existingPreviews = async (
  context: Context,
  kinds: 'needed' | 'all',
  access: HostAccess,
): Promise<Existing> => {
  const { cloud, config } = context;
  const made = madeOf(context);
  const listed = kinds === 'all' ? listedKinds : made.kinds;
  const [prices, listings, records] = await Promise.all([
    cloud.prices(),
    Promise.all(listed.map((kind) => cloud.list(kind))),
    recordsOf(cloud, listed, made.zones),
  ]);
  const all = [...listings, ...records];
  const labelled = grouped(
    all.flatMap(({ items }) => items),
    config.project,
    prices,
  );
  const hosted = await hostedPreviews(context, kinds, access);
  const names = new Set(labelled.map(({ environment }) => environment));
  return {
    complete: hosted.complete && all.every(({ complete }) => complete),
    previews: [...labelled, ...hosted.previews.filter(({ environment }) => !names.has(environment))],
  };
};

/** What a preview consists of: each is made like any other. */
const madeOf = (context: Context): { readonly kinds: readonly ListedKind[]; readonly zones: readonly string[] } => {
  const environment = environmentFor(context.config, { type: 'pr', pullRequest: 1 });
  const { assets, local } = context;
  const given = { state: null, assets, hash: sha256Hex, gzip: gzipBase64, emulated: local };
  // Whose jobs can't be read any more may still have left something.
  const desired = desiredState({ ...given, environment: { ...environment, jobs: [] } });
  return { kinds: neededKinds(desired, null), zones: wantedZones(desired, null) };
};

/** A record is all that a destroy that was cut off may have left. */
const recordsOf = async (
  cloud: CloudApi,
  listed: readonly ListedKind[],
  names: readonly string[],
): Promise<readonly Listing[]> => {
  if (names.length === 0 || !listed.includes('zone')) return [];
  const zones = (await cloud.list('zone')).items.filter(({ name }) => names.includes(name));
  return Promise.all(zones.map(({ id, name }) => cloud.listRrsets({ id, name })));
};

const grouped = (items: readonly AnyObservedItem[], project: string, prices: PriceList): readonly ExistingPreview[] => {
  const groups = new Map<string, AnyObservedItem[]>();
  for (const item of items) {
    const name = item.labels[labelNames.environment] ?? '';
    // A runner that is let in is no preview.
    if (item.labels[labelNames.project] !== project || targetOfName(name)?.type !== 'pr' || isAccess(item)) continue;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups].map(([environment, own]) => ({
    environment,
    pullRequest: targetOfName(environment)?.pullRequest ?? 0,
    createdAt: own.map(({ createdAt }) => createdAt).sort()[0] ?? null,
    monthlyCents: own.reduce((sum, item) => sum + monthlyCents(item, prices), 0),
  }));
};
