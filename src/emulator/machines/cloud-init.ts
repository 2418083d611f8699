import type { Delivery } from './delivery.ts';
import { bootFault, type PlacedFault } from './faults.ts';
import type { MachineRow } from './rows.ts';
import { bootStages, timings } from './timings.ts';
import type { BootReport } from './types.ts';
import type { MachineConfig } from './user-data.ts';

/** A machine at a moment: what cloud-init reports, and since when its services listen (null: they don't). */
export interface Boot {
  readonly report: BootReport;
  readonly servicesSince: number | null;
}
/** What a boot depends on. */
export interface Booting {
  readonly row: MachineRow;
  readonly config: MachineConfig;
  readonly delivery: Delivery | undefined;
  readonly faults: readonly PlacedFault[];
  readonly now: number;
}
type Timing = NonNullable<BootReport['timings']>[number];

const down = (detail: string): Boot => ({ report: { stage: 'unreachable', detail }, servicesSince: null });
const failed = (detail: string): Boot => ({ report: { stage: 'error', detail }, servicesSince: null });
const running = ({ config, delivery }: Booting, detail: string): Boot => ({
  report: {
    stage: 'running',
    detail,
    ...(config.awaitsKeys && delivery === undefined ? { awaitsFiles: true } : {}),
  },
  servicesSince: null,
});

/** The virtual cloud-init: a function of the row, its user data, what was delivered and the time. */
export const bootAt = (booting: Booting): Boot => {
  const { row, config, faults, now } = booting;
  if (!row.running || row.firstBootAt === null || row.bootedAt === null) return down('the server is not running');
  const fault = bootFault(faults, row.name);
  const timed: Timing[] = [];
  let from = row.firstBootAt;
  for (const stage of bootStages) {
    const until = endOf(stage, from, booting);
    if (now < until) return stage.reachable ? running(booting, stage.detail) : down(stage.detail);
    if (fault?.stage === stage.name)
      return fault.kind === 'boot-hangs'
        ? running(booting, `${stage.detail} (hangs)`)
        : failed(`${stage.name}: ${fault.detail}`);
    if (config.problem?.stage === stage.name) return failed(`${stage.name}: ${config.problem.detail}`);
    if (until > from) timed.push({ what: `${stage.part}: ${stage.name}`, ms: until - from });
    from = until;
  }
  return services(booting, from, timed);
};

/** The bootstrap needs its files, not their arrival at a certain time: those that came early cost nothing. */
const endOf = (stage: (typeof bootStages)[number], from: number, { config, delivery }: Booting): number => {
  if (stage.name !== 'awaiting keys' || !config.awaitsKeys) return from + stage.ms;
  return delivery === undefined ? Number.POSITIVE_INFINITY : Math.max(from, delivery.at);
};

/** Consul and Nomad bind to the private address: without it they can't start ("Failed to bind to …"). */
const services = (booting: Booting, firstDone: number, timed: readonly Timing[]): Boot => {
  const { row, config, delivery, now } = booting;
  const restarted = row.bootedAt !== null && row.bootedAt !== row.firstBootAt ? row.bootedAt + timings.restart : 0;
  if (now < restarted) return down('booting to sshd');
  const since = Math.max(firstDone, restarted);
  const lacking = (config.consul?.needs ?? []).find((path) => !delivery?.paths.includes(path));
  if (lacking !== undefined) return failed(`services: consul: open ${lacking}: no such file or directory`);
  const absent = [config.consul, config.nomad].find((agent) => agent !== null && !hasAddress(row, agent.bindIp));
  if (absent == null) return { report: { stage: 'done', timings: timed }, servicesSince: since };
  const detail = `Failed to bind to ${absent.bindIp}: cannot assign requested address`;
  return now < since + timings.addressPatience
    ? running(booting, `services: ${detail}, retrying`)
    : failed(`services: ${detail}`);
};

const hasAddress = (row: MachineRow, ip: string): boolean =>
  ip === '0.0.0.0' || row.networks.some((network) => network.ip === ip);
