import type { Address } from '../domain/address.ts';
import { after, type Chain, firstOf, lastOf, type MutableStep } from './order.ts';

const deleteOf = (chain: Chain): MutableStep | undefined =>
  chain.steps.find(({ effect }) => effect.port === 'cloud' && effect.op === 'delete');

/** Things go before what they were made from: records, load balancers, servers, then what those used, then the zone. */
export const linkDeletions = (chains: ReadonlyMap<Address, Chain>, intent: 'converge' | 'destroy'): void => {
  const left = lastStepsOfServers(chains);
  const balancers = [...chains.values()].filter(({ verdict }) => verdict.kind === 'load-balancer');
  const records = [...chains.values()].filter(({ verdict }) => verdict.kind === 'rrset');
  for (const chain of chains.values()) {
    const item = chain.verdict.have;
    const step = chain.tail[0] ?? deleteOf(chain);
    if (item === undefined || step === undefined) continue;
    const afterServers = (ids: readonly string[]): void => {
      for (const id of ids) after(step, left.get(id));
    };
    switch (item.kind) {
      case 'network':
        afterServers(item.facts.serverIds);
        for (const balancer of balancers) after(step, deleteOf(balancer));
        break;
      case 'firewall':
      case 'placement-group':
        afterServers(item.facts.serverIds);
        break;
      case 'certificate':
        for (const balancer of balancers) after(step, lastOf(balancer));
        break;
      case 'volume':
        if (item.facts.serverId !== null) afterServers([item.facts.serverId]);
        break;
      case 'primary-ip':
        if (item.facts.assigneeId !== null) afterServers([item.facts.assigneeId]);
        break;
      case 'load-balancer':
        if (intent === 'destroy') for (const record of records) after(step, deleteOf(record));
        break;
      case 'zone':
        for (const record of records) after(step, deleteOf(record));
        break;
      default:
        break;
    }
  }
  if (intent === 'destroy') linkEndings(chains);
  linkNamespaces(chains);
};

/** By the server's id: the step after which it uses nothing any more that this plan takes away. */
const lastStepsOfServers = (chains: ReadonlyMap<Address, Chain>): Map<string, MutableStep> => {
  const last = new Map<string, MutableStep>();
  for (const chain of chains.values()) {
    const { have } = chain.verdict;
    const step = lastOf(chain);
    if (have?.kind === 'server' && step !== undefined) last.set(have.id, step);
  }
  return last;
};

/** Jobs and the cluster end when their last server is gone; only then does the state forget them. */
const linkEndings = (chains: ReadonlyMap<Address, Chain>): void => {
  const servers = [...chains.values()].filter(({ verdict }) => verdict.kind === 'server');
  for (const chain of chains.values()) {
    const first = firstOf(chain);
    if (first === undefined || (chain.verdict.kind !== 'job' && chain.verdict.kind !== 'cluster')) continue;
    for (const server of servers) after(first, lastOf(server));
  }
};

/** Nomad deletes no namespace in which a job still runs. */
const linkNamespaces = (chains: ReadonlyMap<Address, Chain>): void => {
  const jobs = [...chains.values()].filter(({ verdict }) => verdict.kind === 'job');
  for (const chain of chains.values()) {
    const step = chain.steps.find(({ effect }) => effect.port === 'jobs' && effect.op === 'delete-namespace');
    if (step !== undefined) for (const job of jobs) after(step, lastOf(job));
  }
};
