import { monthlyCents } from '../cost/cost.ts';
import { canonicalText } from '../domain/fingerprint.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import { observationBasis } from '../domain/observation-basis.ts';
import { type Change, type Plan, type PlanBasis, type Step, summarize } from '../domain/plan.ts';
import { propagateBlocks } from './blocks.ts';
import { judgeCloud } from './cloud.ts';
import { judgeCluster } from './cluster.ts';
import { type Planning, startPlanning } from './context.ts';
import { linkDeletions } from './deletions.ts';
import { guardCloud, guardHeld, guardHosted } from './guard.ts';
import { judgeJobs } from './jobs.ts';
import { judgeNamespaces } from './namespaces.ts';
import { noticeEarlierRun, noticeLostState, noticeOthers } from './notices.ts';
import { checkOptions, selectOnly } from './only.ts';
import type { PlanInput } from './options.ts';
import { chainsOf, linkDependencies, type MutableStep, sorted } from './order.ts';
import { guardQuorum } from './quorum.ts';
import { holdForRecovery } from './recovery.ts';
import { joinRequests } from './requests.ts';
import { linkRolling } from './rolling.ts';
import type { Verdict } from './verdict.ts';
import { whatOf } from './what.ts';

/**
 * The one door of the planner: values in, Plan out. The same input always gives the same plan. Throws UsageError for an
 * option that names an address nobody knows.
 */
export const makePlan = (input: PlanInput): Plan => {
  const planning = startPlanning(input);
  checkOptions(planning);
  judgeCloud(planning);
  guardCloud(planning);
  joinRequests(planning);
  propagateBlocks(planning);
  holdForRecovery(planning);
  guardQuorum(planning);
  guardHeld(planning);
  judgeCluster(planning);
  judgeNamespaces(planning);
  judgeJobs(planning);
  guardHosted(planning);
  joinRequests(planning);
  propagateBlocks(planning);
  noticeOthers(planning);
  const verdicts = selectOnly(planning);
  const changes = [...verdicts.values()].map((verdict) => changeOf(planning, verdict)).sort(byAddress);
  noticeEarlierRun(planning, changes);
  noticeLostState(planning, changes);
  const { environment, observation } = input;
  return {
    formatVersion: 1,
    project: environment.project,
    environment: environment.name,
    environmentType: environment.type,
    intent: input.intent,
    run: input.run,
    createdAt: input.now,
    basis: basisOf(input),
    changes,
    steps: stepsOf(planning, verdicts),
    summary: summarize(changes),
    notices: [...planning.notices].sort(),
    monthlyCents: sumOf(changes),
    requests: observation.requests,
    budget: observation.budget,
  };
};

const stepsOf = (planning: Planning, verdicts: ReadonlyMap<Change['address'], Verdict>): readonly Step[] => {
  const chains = chainsOf([...verdicts.values()].sort(byAddress));
  const gates: MutableStep[] = [];
  linkDependencies(chains);
  linkDeletions(chains, planning.intent);
  linkRolling(planning, chains, gates);
  return sorted([...[...chains.values()].flatMap(({ steps, tail }) => [...steps, ...tail]), ...gates]);
};

const changeOf = ({ observation }: Planning, verdict: Verdict): Change => {
  const { address, kind, name, action, reasons, wipes, next, want, have, placement } = verdict;
  const { prices } = observation;
  const before = have === undefined ? 0 : monthlyCents(have, prices);
  const priced = action === 'create' || action === 'replace' || action === 'update' || action === 'rebuild';
  const ends = action === 'delete' || action === 'forget';
  const after = ends ? 0 : priced && want !== undefined ? monthlyCents(want, prices, placement) : before;
  return {
    address,
    kind,
    name,
    action,
    reasons,
    ...(want === undefined || ends ? {} : { what: whatOf(want, placement) }),
    ...(wipes === undefined ? {} : { wipes }),
    ...(next === undefined ? {} : { next }),
    monthlyCents: { before, after: action === 'forget' && have !== undefined ? before : after },
  };
};

const sumOf = (changes: readonly Change[]): Plan['monthlyCents'] => ({
  before: changes.reduce((sum, change) => sum + change.monthlyCents.before, 0),
  after: changes.reduce((sum, change) => sum + change.monthlyCents.after, 0),
});

/** `server/production-2` before `server/production-10`. */
const collator = new Intl.Collator('en', { numeric: true });
const byAddress = (a: { readonly address: string }, b: { readonly address: string }): number =>
  collator.compare(a.address, b.address);

const basisOf = ({ environment, desired, observation, state, hash }: PlanInput): PlanBasis => ({
  configHash: hash(
    canonicalText({
      project: desired.project,
      environment: desired.environment,
      protected: environment.protected,
      limits: environment.limits,
      references: desired.references,
      resources: desired.resources
        .map(({ address, fingerprint, labels, dependsOn }) => ({ address, fingerprint, labels, dependsOn }))
        .sort(byAddress),
    }),
  ),
  stateLineage: state?.lineage ?? null,
  stateSerial: state?.serial ?? 0,
  observationHash: hash(canonicalText(observationBasis(observation, concerns(environment)))),
});

/** What other environments do is no reason to refuse a saved plan; nor is a zone's serial number, which is in its SOA record. */
const concerns =
  ({ project, name }: PlanInput['environment']) =>
  (item: AnyObservedItem): boolean => {
    if (item.kind === 'rrset' && item.facts.type === 'SOA') return false;
    const environment = item.labels[labelNames.environment];
    const ofProject = item.labels[labelNames.project] === project && environment !== undefined;
    return !ofProject || environment === name || environment === 'shared';
  };
