import type { Step } from '../domain/plan.ts';
import { type Audit, type AuditFinding, type AuditInput, error } from './audit.ts';

/**
 * Members of a cluster that works now are never taken down side by side: between the end of one and the beginning of the
 * next stands an `await-ready`. Read from the steps alone. A member is what both Consul and Nomad count as a voter.
 */
export const auditQuorum: Audit = (input) => {
  const { plan, observation } = input;
  const { cluster } = observation;
  if (plan.intent === 'destroy' || !cluster?.reachable || cluster.nomad.leader === null) return [];
  const running = new Set(
    observation.items.flatMap((item) => (item.kind === 'server' && item.facts.status === 'running' ? [item.name] : [])),
  );
  const up = new Set(cluster.nodes.filter(({ status }) => status === 'ready').map(({ name }) => name));
  const consulVoters = new Set(cluster.consul.voters);
  const voters = cluster.nomad.voters.filter((name) => consulVoters.has(name) && up.has(name) && running.has(name));
  const outages = outagesOf(input, new Set(voters));
  const found: AuditFinding[] = [];
  const position = new Map(plan.steps.map((step, index) => [step.id, index]));
  const ordered = outages.toSorted((a, b) => (position.get(a.first.id) ?? 0) - (position.get(b.first.id) ?? 0));
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  for (const [index, outage] of ordered.entries()) {
    const before = ordered[index - 1];
    if (before === undefined) continue;
    const gated = awaited(outage.first, before.last, byId);
    if (!gated) found.push(error(`${outage.first.id} may start while ${before.server} is down: the quorum is at risk`));
  }
  const leaving = outages.filter(({ leaves }) => leaves).length;
  if (leaving > 0 && voters.length - leaving < Math.floor(voters.length / 2) + 1)
    found.push(error(`${leaving} of ${voters.length} members leave: no quorum remains`));
  return found;
};

/** Whether a path leads back from a step to an earlier one through an `await-ready`: then the one waits for the other and for the cluster. */
const awaited = (from: Step, to: Step, byId: ReadonlyMap<string, Step>): boolean => {
  const queue = [{ step: from, gated: false }];
  const seen = new Set<string>();
  for (let at = 0; at < queue.length; at += 1) {
    const { step, gated } = queue[at] ?? { step: from, gated: false };
    if (step.id === to.id && gated) return true;
    const key = `${step.id} ${gated}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const next = gated || (step.effect.port === 'cluster' && step.effect.op === 'await-ready');
    for (const id of step.dependsOn) {
      const before = byId.get(id);
      if (before !== undefined) queue.push({ step: before, gated: next });
    }
  }
  return false;
};

interface Outage {
  readonly server: string;
  readonly first: Step;
  readonly last: Step;
  readonly leaves: boolean;
}

/** From the first step that takes a server down, or cuts it off, to the last of its address: with that it is back. */
const outagesOf = ({ plan, observation }: AuditInput, voters: ReadonlySet<string>): Outage[] => {
  const names = new Map(observation.items.filter(({ kind }) => kind === 'server').map(({ id, name }) => [id, name]));
  const byAddress = new Map<string, Step[]>();
  for (const step of plan.steps) {
    const list = byAddress.get(step.address);
    if (list === undefined) byAddress.set(step.address, [step]);
    else list.push(step);
  }
  return [...byAddress.values()].flatMap((steps) => {
    const down = steps.find(takesDown);
    const last = steps.at(-1);
    if (down === undefined || last === undefined) return [];
    const { effect } = down;
    const id = effect.port === 'cloud' && effect.op !== 'create' ? effect.id : null;
    const server = names.get(id ?? '');
    if (server === undefined || !voters.has(server)) return [];
    const back = steps.some((step) => step.effect.port === 'machines');
    return [{ server, first: steps.find(cutsOff) ?? down, last, leaves: !back }];
  });
};

const takesDown = ({ effect }: Step): boolean => {
  if (effect.port !== 'cloud' || effect.op === 'create') return false;
  if (effect.op === 'delete') return effect.kind === 'server';
  return effect.kind === 'server' && ['power-off', 'shutdown', 'rebuild', 'change-type'].includes(effect.change.op);
};
const cutsOff = (step: Step): boolean =>
  takesDown(step) ||
  (step.effect.port === 'cloud' && step.effect.op === 'change' && step.effect.change.op === 'detach-network');
