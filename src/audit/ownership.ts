import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Effect, Step } from '../domain/plan.ts';
import { type Audit, type AuditFinding, type AuditInput, error } from './audit.ts';

type Cloud = Extract<Effect, { port: 'cloud' }>;

/**
 * No step touches what is not ours, nothing goes on an incomplete list, and nothing protected goes. Ours is read from
 * labels and state anew: project and environment (or `shared`), or id, name and creation time in the state.
 */
export const auditOwnership: Audit = (input) => {
  const items = new Map(input.observation.items.map((item) => [`${item.kind} ${item.id}`, item]));
  const remembered = new Map(
    Object.values(input.state?.resources ?? {}).map((entry) => [`${entry.kind} ${entry.id}`, entry]),
  );
  const handedOver = adopted(input);
  const isOurs = (item: AnyObservedItem): boolean => {
    const { project, name } = input.environment;
    const environment = item.labels[labelNames.environment];
    if (item.labels[labelNames.project] === project && (environment === name || environment === 'shared')) return true;
    const entry = remembered.get(`${item.kind} ${item.id}`);
    return entry !== undefined && entry.name === item.name && entry.createdAt === item.createdAt;
  };
  return input.plan.steps.flatMap((step) => {
    const { effect } = step;
    if (effect.port === 'jobs' && effect.op === 'delete-namespace') return namespaceDeletion(input, step, effect.name);
    if (effect.port !== 'cloud' || effect.op === 'create' || effect.id === null) return [];
    const item = items.get(`${effect.kind} ${effect.id}`);
    if (item === undefined) return [error(`${step.id} names ${effect.kind} ${effect.id}, which was not observed`)];
    if (effect.op === 'change')
      return isOurs(item) || handedOver.has(`${item.kind} ${item.id}`)
        ? []
        : [error(`${step.id} changes ${item.kind} ${item.name}, which is not ours`)];
    return isOurs(item)
      ? deletion(input, step, effect, item)
      : [error(`${step.id} deletes ${item.kind} ${item.name}, which is not ours`)];
  });
};

/** What the user handed over with --adopt: the plan says so by a step that writes it into the state. */
const adopted = ({ plan }: AuditInput): ReadonlySet<string> =>
  new Set(
    plan.steps.flatMap(({ effect, address }) =>
      effect.port === 'state' && effect.op === 'adopt'
        ? [`${address.slice(0, address.indexOf('/'))} ${effect.id}`]
        : [],
    ),
  );

const deletion = (
  { plan, observation, environment }: AuditInput,
  step: Step,
  effect: Cloud,
  item: AnyObservedItem,
): AuditFinding[] => {
  const found: AuditFinding[] = [];
  if (observation.lists[item.kind]?.complete !== true)
    found.push(error(`${step.id} deletes on an incomplete list of kind ${item.kind}`));
  if ('deleteProtection' in item.facts && item.facts.deleteProtection)
    found.push(error(`${step.id} deletes ${item.name}, which is protected at Hetzner`));
  if (environment.protected && (plan.intent === 'destroy' || item.kind === 'server' || item.kind === 'load-balancer'))
    found.push(error(`${step.id} deletes ${item.name} in ${environment.name}, which infra.yaml protects`));
  if (effect.op === 'delete' && effect.name !== item.name)
    found.push(error(`${step.id} calls it ${effect.name}, but ${effect.kind} ${effect.id} is called ${item.name}`));
  return found;
};

/** Seen now, and ours by its meta. */
const namespaceDeletion = ({ observation, environment }: AuditInput, { id }: Step, name: string): AuditFinding[] => {
  const { cluster } = observation;
  const found = cluster?.reachable === true ? cluster.namespaces?.find((one) => one.name === name) : undefined;
  if (found === undefined) return [error(`${id} deletes namespace ${name}, which was not observed`)];
  return found.owner === `${environment.project}/${environment.name}`
    ? []
    : [error(`${id} deletes namespace ${name}, which is not ours`)];
};
