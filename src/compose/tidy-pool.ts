import { environmentFor } from '../config/environment.ts';
import { type Address, addressOf } from '../domain/address.ts';
import { type Environment, targetOfName, targetWords } from '../domain/environment.ts';
import { Failure, LeaseHeldError } from '../domain/errors.ts';
import type { ObservedItem } from '../domain/observation.ts';
import { isEmpty } from '../domain/plan.ts';
import { type PoolServer, type PoolTidying, tidying, workerNumber } from '../domain/pool.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { NodeUse } from '../ports/job-scheduler.ts';
import type { PlanOptions, Session } from '../ports/session.ts';
import { readPlaces } from '../statefile/places.ts';
import { askHost, type HostAccess, letIn, previewsOn } from './ask-host.ts';
import type { Context } from './context.ts';
import { ensureHost } from './ensure-host.ts';
import { wholeHost, withWorkers } from './host.ts';
import { hostState } from './host-state.ts';
import { openSession } from './open-session.ts';
import { sharedOptions } from './places.ts';
import type { Changing } from './preview-changes.ts';
import { blockedBy, sentence, whyNot } from './preview-results.ts';

type Server = ObservedItem<'server'>;
type How = HostAccess & Partial<Pick<Changing, 'lists'>>;

/**
 * What a sweep does about servers that previews share: those nobody is on get a fresh disk, and go when the hour they
 * are paid for ends; the last one goes when there is no preview at all. Lines of what it did. Nothing is given back on an
 * incomplete list, nor when nobody can say what runs there; that is a line too.
 */
export const tidyPool = async (context: Context, how: How): Promise<readonly string[]> => {
  const state = await hostState(context, 'pool');
  const environment = poolOf(context);
  const remembers = Object.keys(state?.resources ?? {}).length > 0;
  if (environment?.pool === undefined)
    return remembers
      ? [
          `the pool of an earlier infra.yaml still stands: write ${
            context.config.environments.pr?.host === 'staging'
              ? 'on: pool under environments.pr.pool'
              : 'mode: pool under environments.pr'
          }, then reconcile destroy pool`,
        ]
      : [];
  if (!remembers) return [];
  try {
    const servers = await wholeHost(context, 'pool');
    const taken = Object.keys(await readPlaces(sharedOptions(context))).length;
    if (taken === 0 && servers.every(({ name }) => workerNumber(name) !== undefined))
      return await run(context, environment, { intent: 'destroy' }, how, [
        'what was left of the pool was removed: its own server is gone, and no preview has a place',
      ]);
    const seen = await letIn(context, environment, how, () => whoIsOn(context, environment, { state, servers }));
    const places = Object.keys(await readPlaces(sharedOptions(context)));
    const previews = new Set([...places, ...seen.namespaces]).size;
    const found = { servers: servers.map((one) => asPoolServer(one, seen.use)), previews, now: context.clock.now() };
    const grown = await grow(context, places, how);
    return [...grown, ...(await carryOut(context, environment, tidying(found, environment.pool), found.servers, how))];
  } catch (error) {
    if (error instanceof LeaseHeldError) return [`the pool is left to the next sweep: ${error.message}`];
    if (!(error instanceof Failure)) throw error;
    return [`the pool is left as it is: ${sentence(error)}`];
  }
};

const poolOf = ({ config }: Context): Environment | undefined =>
  config.environments.pool === undefined ? undefined : environmentFor(config, { type: 'pool' });

const asPoolServer = ({ name, createdAt }: Server, use: readonly NodeUse[]): PoolServer => {
  const own = use.find(({ node }) => node === name);
  return { name, worker: workerNumber(name) ?? null, createdAt, busy: own?.busy ?? false, used: own?.used ?? false };
};

interface Seen {
  readonly use: readonly NodeUse[];
  readonly namespaces: readonly string[];
}

const whoIsOn = (
  context: Context,
  environment: Environment,
  given: { readonly state: StateFile | null; readonly servers: readonly Server[] },
): Promise<Seen> =>
  askHost(context, environment, given, async (connection) => ({
    namespaces: await previewsOn(environment, connection),
    use: await connection.schedulerAccess.nodeUse(await connection.scheduler.nodes()),
  }));

/** Previews that came at once each saw the others' places only afterwards. */
const grow = async (context: Context, places: readonly string[], how: How): Promise<readonly string[]> => {
  const [target] = places.flatMap((name) => targetOfName(name) ?? []);
  if (target === undefined) return [];
  const { command, signal } = how;
  const done = await ensureHost(context, environmentFor(context.config, target), {
    ...{ command, signal, anew: () => how.lists?.look('anew') },
  });
  return done ? ['the pool has as many servers as its previews need'] : [];
};

const addressOfServer = ({ worker }: PoolServer): Address =>
  addressOf('server', worker === null ? 'pool-1' : `pool-worker-${worker}`);

const carryOut = async (
  context: Context,
  environment: Environment,
  { all, remove, rebuild }: PoolTidying,
  servers: readonly PoolServer[],
  how: How,
): Promise<readonly string[]> => {
  if (all)
    return run(context, environment, { intent: 'destroy' }, how, ['the pool was removed: no preview is left on it']);
  if (remove.length === 0 && rebuild.length === 0) return [];
  const kept = servers.flatMap((one) => (one.worker === null || remove.includes(one) ? [] : [one.worker]));
  const state = await hostState(context, 'pool');
  const records = Object.keys(state?.resources ?? {}).filter((one): one is Address => one.startsWith('rrset/'));
  const fresh = rebuild.map(addressOfServer);
  return run(
    context,
    withWorkers(environment, kept),
    {
      intent: 'converge',
      only: [...remove.map(addressOfServer), ...fresh, ...(remove.length > 0 ? records : [])],
      rebuild: fresh,
    },
    how,
    [
      ...remove.map(({ name }) => `${name} was given back: nobody is on it, and the hour it is paid for ends`),
      ...rebuild.map(({ name }) => `${name} has a fresh disk for whoever comes next`),
    ],
  );
};

const run = async (
  context: Context,
  environment: Environment,
  options: PlanOptions,
  how: How,
  lines: readonly string[],
): Promise<readonly string[]> => {
  const session: Session = await openSession(context, { type: 'pool' }, environment);
  try {
    const { plan } = await session.plan(options);
    const blocked = blockedBy(plan);
    if (blocked !== null) throw blocked;
    if (isEmpty(plan)) return [];
    const { command, signal, allowRunner } = how;
    const apply = () => session.apply(plan, { command, signal, saved: false });
    const outcome = await (allowRunner === null
      ? apply()
      : session.withAccess(allowRunner, { command, signal }, apply));
    if (outcome.result === 'converged') return lines;
    return [`the pool is not as it should be: ${whyNot(outcome, `reconcile ${targetWords(environment)}`)}`];
  } finally {
    await session.close();
  }
};
