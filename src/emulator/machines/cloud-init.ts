import { bootFault, type PlacedFault } from './faults.ts';
import type { MachineRow } from './rows.ts';
import { bootMs, bootStages, timings } from './timings.ts';
import type { BootReport } from './types.ts';
import type { MachineConfig } from './user-data.ts';

/** A machine at a moment: what cloud-init reports, and since when its services listen (null: they don't). */
export interface Boot {
  readonly report: BootReport;
  readonly servicesSince: number | null;
}

const down = (detail: string): Boot => ({ report: { stage: 'unreachable', detail }, servicesSince: null });

/** The virtual cloud-init: a function of the row, its user data and the time. */
export const bootAt = (row: MachineRow, config: MachineConfig, faults: readonly PlacedFault[], now: number): Boot => {
  if (!row.running || row.firstBootAt === null || row.bootedAt === null) return down('the server is not running');
  const fault = bootFault(faults, row.name);
  let from = row.firstBootAt;
  for (const stage of bootStages) {
    const until = from + stage.ms;
    if (now < until) return stage.reachable ? running(stage.detail) : down(stage.detail);
    if (fault?.stage === stage.name)
      return fault.kind === 'boot-hangs'
        ? running(`${stage.detail} (hangs)`)
        : failed(`${stage.name}: ${fault.detail}`);
    if (config.problem?.stage === stage.name) return failed(`${stage.name}: ${config.problem.detail}`);
    from = until;
  }
  return services(row, config, now);
};

const running = (detail: string): Boot => ({ report: { stage: 'running', detail }, servicesSince: null });
const failed = (detail: string): Boot => ({ report: { stage: 'error', detail }, servicesSince: null });

/** Consul and Nomad bind to the private address: without it they can't start ("Failed to bind to …"). */
const services = (row: MachineRow, config: MachineConfig, now: number): Boot => {
  const firstDone = (row.firstBootAt ?? now) + bootMs;
  const restarted = row.bootedAt !== null && row.bootedAt !== row.firstBootAt ? row.bootedAt + timings.restart : 0;
  if (now < restarted) return down('booting to sshd');
  const since = Math.max(firstDone, restarted);
  const absent = [config.consul, config.nomad].find((agent) => agent !== null && !hasAddress(row, agent.bindIp));
  if (absent == null) return { report: { stage: 'done' }, servicesSince: since };
  const detail = `Failed to bind to ${absent.bindIp}: cannot assign requested address`;
  return now < since + timings.addressPatience
    ? running(`services: ${detail}, retrying`)
    : failed(`services: ${detail}`);
};

const hasAddress = (row: MachineRow, ip: string): boolean =>
  ip === '0.0.0.0' || row.networks.some((network) => network.ip === ip);
