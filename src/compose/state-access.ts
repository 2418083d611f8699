import { environmentName, type Target } from '../domain/environment.ts';
import { StateError } from '../domain/errors.ts';
import { openSteps } from '../domain/journal.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { ShownState, StateAccess, StateHistory, UnfinishedRun } from '../ports/state-access.ts';
import { sharedState } from '../statefile/change-shared.ts';
import { holdsSecrets } from '../statefile/codec.ts';
import { refuseMoved } from '../statefile/moved.ts';
import { readState, stateKey } from '../statefile/read.ts';
import { isDamagedKey, versionsAmong } from '../statefile/versions.ts';
import type { Context } from './context.ts';
import { pullState } from './pulling.ts';
import { preparePush } from './pushing.ts';
import { noRebuildOfShared, prepareRebuild } from './rebuilding.ts';
import { reencrypt, removedWarning, type StateScope } from './reencrypt.ts';

/** One state document; `pr` without a number means the one that belongs to no single environment. */
export const createStateAccess = (context: Context, target: Target): StateAccess => {
  const { leases } = context;
  const scope: StateScope =
    target.type === 'pr' && target.pullRequest === undefined
      ? { name: sharedState, type: 'shared' }
      : { name: environmentName(target), type: target.type };
  const { name } = scope;
  return {
    scope: name,
    show: () => show(context, name),
    history: () => history(context, name),
    pull: (serial) => pullState(context, name, serial),
    push: (file) => preparePush(context, name, file),
    rebuild: async () => {
      if (scope.type === 'shared') throw noRebuildOfShared();
      return prepareRebuild(context, target);
    },
    lease: () => leases.standing(name),
    unlock: (shown) => leases.unlock(name, shown),
    waitUntilFree: (options) => leases.waitUntilFree(name, options),
    reencrypt: async (command) => {
      const { written, recipients, removed } = await reencrypt(context, scope, command);
      return { written, recipients, warning: removedWarning(removed) };
    },
  };
};

const show = async ({ store, config }: Context, environment: string): Promise<ShownState | null> => {
  const loaded = await readState(store, environment, config.project, null);
  if (loaded === null) await refuseMoved(store, `the state of ${environment}`);
  if (loaded === null) return null;
  const { state } = loaded;
  return {
    path: `${store.place}/${stateKey(environment)}`,
    state,
    recipients: state.sealed?.recipients ?? (holdsSecrets(state) ? [] : null),
    unfinished: unfinishedRun(state),
  };
};

export const unfinishedRun = ({ lastRun }: StateFile): UnfinishedRun | null => {
  if (lastRun === undefined || lastRun.endedAt !== undefined) return null;
  const { run, holder, command, startedAt, journal } = lastRun;
  return { run, holder, command, startedAt, steps: openSteps(journal) };
};

/** Also where the document is lost or damaged: its earlier ones are what is asked for then. */
const history = async ({ store, config }: Context, environment: string): Promise<StateHistory> => {
  const keys = await store.list();
  const stored = (await store.versions?.(stateKey(environment))) ?? null;
  const loaded = await readState(store, environment, config.project, null).catch((error: unknown) => {
    if (error instanceof StateError) return null;
    throw error;
  });
  return {
    runs: loaded?.state.history ?? [],
    kept: versionsAmong(keys, environment),
    damaged: keys.filter((key) => isDamagedKey(environment, key)),
    stored,
  };
};
