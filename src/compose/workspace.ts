import { environmentFor } from '../config/environment.ts';
import { costReport, monthlyCents } from '../cost/cost.ts';
import { type Environment, type Target, targetOfName } from '../domain/environment.ts';
import { ConfigError, StoreError, UsageError } from '../domain/errors.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Session, Workspace } from '../ports/session.ts';
import { readState } from '../statefile/read.ts';
import { initStore, prepareMove } from './backends.ts';
import type { Context } from './context.ts';
import { openSession } from './open-session.ts';
import { environmentUrl } from './outputs.ts';
import { previewStandings } from './preview-standings.ts';
import { createRunnerAccess } from './runner-access.ts';
import { createSecretsAccess } from './secrets-access.ts';
import { createStateAccess } from './state-access.ts';
import { summarizeEnvironments } from './summaries.ts';

/** The whole project: sessions for its targets, and what spans them. */
export const createWorkspace = (context: Context): Workspace => {
  const sessions: Session[] = [];
  return {
    cloudName: context.cloudName,
    session: async (target) => {
      const session = await openSession(context.contextFor(target.type), target);
      sessions.push(session);
      return session;
    },
    standings: (existing) => previewStandings(context.contextFor('pr'), existing),
    // Some forty files that a plan has no use for.
    previews: async (options) =>
      (await import('./preview-world.ts')).createPreviewWorld(context.contextFor('pr'), options),
    life: async (options, host) => (await import('./open-life.ts')).openLife(context.contextFor('pr'), options, host),
    close: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      await context.closeCloud();
    },
    secrets: async (target) => createSecretsAccess(context.contextFor(target.type), target),
    access: async (target) => createRunnerAccess(context, target),
    state: async (target) => createStateAccess(context.contextFor(target.type), target),
    initStore: async (whose) => initStore(placeFor(context, whose)),
    migrate: async (to, whose) => prepareMove(placeFor(context, whose), to),
    list: () => listEnvironments(context),
    cost: (target) => projectCost(context, target),
  };
};

const placeFor = (context: Context, whose: 'all' | 'previews'): Context => {
  const { previewState, file } = context.config;
  if (whose === 'all') return context;
  if (previewState !== undefined) return context.contextFor('pr');
  throw new UsageError(`${file} has no place for previews alone: their states lie beside the others`, {
    next: 'write it: state.previews: { s3: { region: …, bucket: … }, recipients: […] }, or leave out --previews',
  });
};

const listedKinds = ['server', 'load-balancer', 'network', 'primary-ip'] as const;

const listEnvironments = async (context: Context) => {
  const [prices, ...listings] = await Promise.all([
    context.cloud.prices(),
    ...listedKinds.map((kind) => context.cloud.list(kind)),
  ]);
  return summarizeEnvironments({
    project: context.config.project,
    items: listings.flatMap((listing) => listing.items),
    states: await allStates(context),
    now: context.clock.now(),
    cents: (item) => monthlyCents(item, prices),
    urlOf: (name) => {
      const target = targetOfName(name);
      const environment = target === undefined ? undefined : wantedEnvironment(context, target);
      return environment === undefined ? null : environmentUrl(environment);
    },
  });
};

/** Of both places, where previews have their own: with credentials for one of them the other's are left out, and said so. */
const allStates = async (context: Context): Promise<Record<string, StateFile>> => {
  const places = new Set([context.contextFor('production'), context.contextFor('pr')]);
  const found = await Promise.all([...places].map((place) => statesIn(place, places.size > 1)));
  return Object.assign({}, ...found);
};

const statesIn = async (context: Context, isOneOfTwo: boolean): Promise<Record<string, StateFile> | null> => {
  const { store, config, reporter } = context;
  const states: Record<string, StateFile> = {};
  try {
    for (const key of await store.list()) {
      const match = /^(production|staging|pool|pr-\d+)\.json$/.exec(key);
      if (match?.[1] === undefined) continue;
      const loaded = await readState(store, match[1], config.project, null);
      if (loaded !== null) states[match[1]] = loaded.state;
    }
    return states;
  } catch (error) {
    if (!isOneOfTwo || !(error instanceof StoreError)) throw error;
    reporter.notice(`what only the states in ${store.place} know is missing: ${error.message}`);
    return null;
  }
};

/** An environment the file does not define (any more) is listed without its URL rather than refused. */
const wantedEnvironment = (context: Context, target: Target): Environment | undefined => {
  try {
    return environmentFor(context.config, target);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
};

const projectCost = async (context: Context, target: Target | undefined) => {
  const targets: readonly Target[] =
    target === undefined ? [{ type: 'production' }, { type: 'staging' }, { type: 'pr', pullRequest: 1 }] : [target];
  const environments = targets
    .map((wanted) => wantedEnvironment(context, wanted))
    .filter((found) => found !== undefined);
  const report = costReport({ environments, prices: await context.cloud.prices() });
  if (target !== undefined) return report;
  // Asked for the whole project, pull request 1 stands for every one of them.
  const each = (name: string): string => (name === 'pr-1' ? 'pr (each)' : name);
  return {
    ...report,
    environments: report.environments.map((one) => ({ ...one, environment: each(one.environment) })),
  };
};
