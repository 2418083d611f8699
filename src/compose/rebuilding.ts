import { environmentFor } from '../config/environment.ts';
import type { Target } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { type StateFile, stateSchemaVersion } from '../domain/statefile.ts';
import { isoNow } from '../ports/clock.ts';
import type { Prepared, RebuildPlan } from '../ports/state-access.ts';
import { stateKey } from '../statefile/read.ts';
import { targetText } from '../statefile/target-text.ts';
import type { Context, TargetContext } from './context.ts';
import { imagesSeen } from './pinned-images.ts';
import { planTarget } from './planning.ts';
import { reach } from './reach.ts';
import { type Sources, sourcesOf } from './rebuild-sources.ts';
import { adoptedEntries, type Rebuilding, writeRebuilt } from './rebuilt-state.ts';
import { supplied } from './supplies.ts';

/**
 * Makes a state that was lost or damaged again: what exists by its labels, keys and applications' secrets from what was
 * kept. It is planned as ever, and of the plan only the adoptions are taken: nothing in the cloud is created or changed.
 * Throws Failure where there is a good state.
 */
export const prepareRebuild = async (context: Context, target: Target): Promise<Prepared<RebuildPlan, void>> => {
  const { environment, lacks } = await supplied(
    environmentFor(context.config, target),
    context.config.file,
    context.supply,
  );
  if (lacks !== null) throw lacks;
  const whole: TargetContext = { ...context, environment, ...reach(context, environment) };
  try {
    const sources = await sourcesOf(whole);
    const known = knownBefore(whole, sources);
    // No registry knows what runs: the jobs themselves do.
    const { registry: _asked, ...alone } = whole;
    const first = await planTarget(alone, { intent: 'converge' }, known);
    const images = imagesSeen(environment, first.observation, sources.base?.state.images, isoNow(context.clock));
    const knowing: StateFile = Object.keys(images).length === 0 ? known : { ...known, images };
    const { plan } = knowing === known ? first : await planTarget(alone, { intent: 'converge' }, knowing);
    const rebuilding: Rebuilding = { plan, known: knowing, sources };
    return {
      plan: shown(whole, rebuilding),
      carryOut: (command) => writeRebuilt(whole, rebuilding, command),
    };
  } finally {
    await whole.machines.close();
  }
};

/** A state that remembers nothing but who it is and what it can open. */
const knownBefore = (
  context: TargetContext,
  { base, lineage, keys, applications, serial, fencingToken }: Sources,
): StateFile => {
  const { environment, config, random, clock } = context;
  return {
    schemaVersion: stateSchemaVersion,
    lineage: lineage ?? random.hex(16),
    serial,
    project: config.project,
    environment: environment.name,
    environmentType: environment.type,
    updatedAt: isoNow(clock),
    fencingToken,
    ...(base?.state.store === undefined ? {} : { store: base.state.store }),
    resources: {},
    ...(keys === null ? {} : { keys: keys.value }),
    ...(applications === null ? {} : { applications: applications.value }),
    history: base?.state.history ?? [],
  };
};

const shown = ({ store, environment }: TargetContext, { plan, known, sources }: Rebuilding): RebuildPlan => ({
  path: `${store.place}/${stateKey(environment.name)}`,
  lost: sources.damaged === null ? 'absent' : 'damaged',
  lineage: sources.lineage,
  serial: known.serial + 1,
  adopted: Object.entries(adoptedEntries(plan)).map(([address, { id, name }]) => ({ address, id, name })),
  left: leftOf(plan),
  keysFrom: sources.keys?.from ?? null,
  secretsFrom: sources.applications?.from ?? null,
  secrets: Object.keys(sources.applications?.value ?? {}).length,
  unusable: sources.unusable,
  notices: plan.notices,
});

const leftOf = (plan: Plan): RebuildPlan['left'] => {
  const { changes, steps } = plan;
  const others = new Set(steps.filter(({ effect }) => effect.port !== 'state').map(({ address }) => address));
  const adopted = adoptedEntries(plan);
  return changes
    .filter(({ action, address }) => action !== 'adopt' || adopted[address] === undefined)
    .filter(({ action, address }) => action === 'blocked' || others.has(address))
    .map(({ address, action, reasons, next }) => ({
      address,
      action,
      reasons,
      ...(next === undefined ? {} : { next }),
    }));
};

/** What belongs to no single environment can't be seen in the cloud. */
export const noRebuildOfShared = (): Failure =>
  new Failure('what all previews share can’t be made again from the cloud: it is their secrets and their places', {
    done: ['nothing was changed'],
    next: `put an earlier document back: reconcile state pull ${targetText('shared')} --serial N --out FILE, then: reconcile state push ${targetText('shared')} FILE`,
  });
