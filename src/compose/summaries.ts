import { environmentTypes } from '../domain/environment.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { EnvironmentSummary } from '../ports/session.ts';
import { loadBalancersOf, serversOf } from './outputs.ts';

/** Groups a project's objects by their `environment` label; environments known only from a state are listed too. */
export const summarizeEnvironments = (input: {
  readonly project: string;
  readonly items: readonly AnyObservedItem[];
  readonly states: Readonly<Record<string, StateFile>>;
  readonly now: number;
  readonly cents: (item: AnyObservedItem) => number;
  readonly urlOf: (environment: string) => string | null;
}): readonly EnvironmentSummary[] => {
  const groups = new Map<string, AnyObservedItem[]>();
  for (const item of input.items) {
    const name = item.labels[labelNames.environment];
    if (item.labels[labelNames.project] !== input.project || name === undefined || name === 'shared') continue;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  for (const [name, state] of Object.entries(input.states))
    if (!groups.has(name) && Object.keys(state.resources).length > 0) groups.set(name, []);
  return [...groups]
    .map(([name, items]) => summarize(name, items, input))
    .sort((a, b) => rank(a.type) - rank(b.type) || a.environment.localeCompare(b.environment, 'en', { numeric: true }));
};

const rank = (type: string): number => {
  const index = (environmentTypes as readonly string[]).indexOf(type);
  return index < 0 ? environmentTypes.length : index;
};

const summarize = (
  name: string,
  items: readonly AnyObservedItem[],
  input: Parameters<typeof summarizeEnvironments>[0],
): EnvironmentSummary => {
  const servers = serversOf(items);
  const state = input.states[name];
  const created = items.map((item) => item.createdAt).sort()[0] ?? null;
  const last = state?.history[0];
  return {
    environment: name,
    type: items[0]?.labels[labelNames.environmentType] ?? state?.environmentType ?? 'unknown',
    servers: servers.map(({ name: server, facts }) => ({
      name: server,
      status: facts.status,
      type: facts.type,
      ipv4: facts.ipv4,
    })),
    createdAt: created,
    ageMs: created === null ? null : Math.max(0, input.now - Date.parse(created)),
    health: isHosted(state) ? 'unknown' : healthOf(items),
    monthlyCents: items.reduce((sum, item) => sum + input.cents(item), 0),
    url: input.urlOf(name),
    lastChange: last === undefined ? null : { at: last.at, command: last.command, outcome: last.outcome },
  };
};

/** On servers of another environment: how it is, its host would have to be asked. */
const isHosted = (state: StateFile | undefined): boolean =>
  Object.keys(state?.resources ?? {}).some((address) => address.startsWith('namespace/'));

const healthOf = (items: readonly AnyObservedItem[]): 'ok' | 'bad' | 'unknown' => {
  const servers = serversOf(items);
  if (servers.length === 0 || servers.some((server) => server.facts.status !== 'running')) return 'bad';
  const targets = loadBalancersOf(items).flatMap((balancer) => balancer.facts.targetHealth);
  if (targets.some((target) => target.status === 'unhealthy')) return 'bad';
  return targets.some((target) => target.status === 'unknown') ? 'unknown' : 'ok';
};
