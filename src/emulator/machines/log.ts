import type { Machine } from './settle.ts';
import type { MachinesState } from './state.ts';

/** Lines of a unit's journal, oldest first: the few that say why something does not run. */
export const unitLog = (machine: Machine, state: MachinesState, unit: string): readonly string[] => {
  const { row, config, boot, cluster } = machine;
  const { stage, detail = '' } = boot.report;
  switch (unit.replace(/\.service$/, '')) {
    case 'cloud-final':
      return stage === 'done' ? ['bootstrap: done'] : [detail];
    case 'consul':
      if (config.consul === null || !detail.startsWith('services: ')) return [];
      return [`==> ${detail.slice('services: '.length)}`];
    case 'nomad': {
      if (config.nomad === null || boot.servicesSince === null) return [];
      const runs = cluster !== null && state.clusters[cluster]?.nomadSince[row.name] !== undefined;
      return runs
        ? ['==> Nomad agent started! Log data will stream in below:']
        : ['await-consul-token: Consul does not know the token of Nomad yet: ACL not found'];
    }
    default:
      return [];
  }
};
