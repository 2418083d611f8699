import { environmentFor } from '../config/environment.ts';
import { type ApplicationSecrets, settleSecret, type WantedSecret } from '../domain/application-secrets.ts';
import { type EnvironmentType, environmentName, type Target } from '../domain/environment.ts';
import type { Secret } from '../domain/secret.ts';
import type { StateFile } from '../domain/statefile.ts';
import { isoNow } from '../ports/clock.ts';
import type { SecretLine, SecretsAccess } from '../ports/session.ts';
import { changeShared, sharedState } from '../statefile/change-shared.ts';
import { refuseMoved } from '../statefile/moved.ts';
import { readState } from '../statefile/read.ts';
import { createStateWriter } from '../statefile/write.ts';
import type { Context } from './context.ts';
import { randomSecret } from './job-secrets.ts';
import { sharedOptions } from './places.ts';
import { releaseQuietly } from './release-quietly.ts';
import { refuseUnsealed } from './sealing.ts';
import { takeAbove } from './take-above.ts';
import { tryStore } from './try-store.ts';

/**
 * The applications' secrets of one target; `pr` without a number means the set that all previews share. Throws
 * ConfigError for a target that infra.yaml does not have.
 */
export const createSecretsAccess = (context: Context, target: Target): SecretsAccess => {
  const whole = target.type === 'pr' && target.pullRequest === undefined;
  const place: Place = whole
    ? { name: sharedState, type: 'shared' }
    : { name: environmentName(target), type: target.type };
  const jobs = jobsOf(context, target);
  const wanted = (name: string): WantedSecret | undefined =>
    jobs.flatMap(({ secrets }) => secrets).find((one) => one.name === name);
  return {
    scope: whole ? 'all previews' : place.name,
    waitUntilFree: (options) => context.leases.waitUntilFree(place.name, options),
    knows: (name) => wanted(name) !== undefined,
    list: async () => linesOf(context, { place, jobs, own: await applicationsIn(context, place) }),
    set: (name, value, command) =>
      change(context, place, command, (before) => {
        const { value: present } = before[name] ?? {};
        if (present?.reveal() === value.reveal()) return { outcome: 'unchanged' };
        return { outcome: present === undefined ? 'set' : 'replaced', after: withValue(context, before, name, value) };
      }),
    unset: (name, command) =>
      change(context, place, command, (before) => {
        if (before[name] === undefined) return { outcome: 'absent' };
        // The next run would make a new value under the revision of the first, and nothing would deploy it.
        if (wanted(name)?.generate)
          return { outcome: 'generated', after: withValue(context, before, name, randomSecret(context)) };
        const { [name]: _gone, ...after } = before;
        return { outcome: 'removed', after };
      }),
  };
};

interface Place {
  readonly name: string;
  readonly type: EnvironmentType | 'shared';
}
type Jobs = readonly { readonly name: string; readonly secrets: readonly WantedSecret[] }[];

/** Any preview is like any other. */
const jobsOf = ({ config }: Context, target: Target): Jobs =>
  environmentFor(config, target.type === 'pr' ? { ...target, pullRequest: target.pullRequest ?? 1 } : target).jobs;

const withValue = (context: Context, before: ApplicationSecrets, name: string, value: Secret): ApplicationSecrets => ({
  ...before,
  [name]: { value, revision: context.random.hex(8), setAt: isoNow(context.clock) },
});

const applicationsIn = async (context: Context, { name }: Place): Promise<ApplicationSecrets> => {
  const applications = (await stateOf(context, name))?.applications ?? {};
  for (const { value } of Object.values(applications)) context.onSecret(value);
  return applications;
};

const stateOf = async ({ store, config, sealer }: Context, name: string): Promise<StateFile | null> =>
  (await readState(store, name, config.project, sealer))?.state ?? null;

type Change<Outcome> = { readonly outcome: Outcome; readonly after?: ApplicationSecrets };

/** Under the lease: a run at work would otherwise write its own state over it, or we ours over its. */
const change = async <Outcome>(
  context: Context,
  place: Place,
  command: string,
  decide: (before: ApplicationSecrets) => Change<Outcome>,
): Promise<Outcome> => {
  const { store, clock, random, config, sealer, leases } = context;
  const wanted = { environment: place.name, command };
  let lease = await leases.take(wanted);
  try {
    if (place.type === 'shared') {
      await tryStore(context, (await stateOf(context, place.name))?.store);
      return await changeOfAll(context, decide);
    }
    const loaded = await readState(store, place.name, config.project, sealer);
    if (loaded === null) await refuseMoved(store, `the state of ${place.name}`);
    const { outcome, after } = decide(loaded?.state.applications ?? {});
    if (after === undefined) return outcome;
    const verdict = await tryStore(context, loaded?.state.store);
    await refuseUnsealed(context, place.name, Object.keys(after).length > 0);
    lease = await takeAbove(leases, lease, wanted, loaded?.state ?? null);
    const writer = createStateWriter({
      store,
      loaded,
      project: config.project,
      environment: place.name,
      environmentType: place.type,
      writtenBy: context.version,
      fencingToken: lease.record().fencingToken,
      sealer,
      clock,
      random,
    });
    await lease.check();
    await writer.save((state) => ({
      ...state,
      applications: after,
      ...(verdict === undefined ? {} : { store: verdict }),
    }));
    return outcome;
  } finally {
    await releaseQuietly(lease, context.reporter);
  }
};

/** Previews take and free their places in the same document, without this lease: each change is made to what is there. */
const changeOfAll = async <Outcome>(
  context: Context,
  decide: (before: ApplicationSecrets) => Change<Outcome>,
): Promise<Outcome> => {
  let made: Outcome | undefined;
  await changeShared(sharedOptions(context), {
    opens: true,
    keepsVersion: true,
    decide: async (before) => {
      const { outcome, after } = decide(before.applications ?? {});
      // After a lost reply the value is found to be there already; it is this command that set it all the same.
      if (after === undefined) {
        made ??= outcome;
        return undefined;
      }
      made = outcome;
      await refuseUnsealed(context, sharedState, Object.keys(after).length > 0);
      return { ...before, applications: after };
    },
  });
  return made as Outcome;
};

/** What the jobs want, each with where its value comes from, then what is set and nobody wants. */
const linesOf = async (
  context: Context,
  { place, jobs, own }: { readonly place: Place; readonly jobs: Jobs; readonly own: ApplicationSecrets },
): Promise<readonly SecretLine[]> => {
  const shared = place.type === 'pr' ? await applicationsIn(context, { name: sharedState, type: 'shared' }) : {};
  const known = { ...shared, ...own };
  const wanted = new Map<string, WantedSecret>();
  for (const one of jobs.flatMap((job) => job.secrets)) {
    const before = wanted.get(one.name);
    // What one job can't do without is not optional for the environment.
    if (before === undefined || before.optional) wanted.set(one.name, one);
  }
  const names = [...new Set([...wanted.keys(), ...Object.keys(known)])].sort();
  return names.map((name) => {
    const want = wanted.get(name) ?? { name, optional: true as const };
    const { from } = settleSecret(want, known, context.local);
    return {
      name,
      value: from === 'state' ? (own[name] === undefined ? 'of all previews' : 'set') : from,
      setAt: known[name]?.setAt ?? null,
      jobs: jobs.filter(({ secrets }) => secrets.some((one) => one.name === name)).map((job) => job.name),
    };
  });
};
