import type { Effect } from '../domain/plan.ts';

/**
 * How long steps take, in milliseconds: for the critical path and the estimate on screen, never for a decision. The
 * figures of Hetzner actions are those of the emulator (src/emulator/durations.ts, which names its sources; a test
 * holds them together), plus one request. Requests that start no Hetzner action take a round trip.
 */
export const requestMs = 300;

const changeMs: Readonly<Record<string, number>> = {
  'power-on': 4_000,
  'power-off': 2_000,
  shutdown: 6_000,
  rebuild: 20_000,
  'change-type': 30_000,
  'attach-network': 3_000,
  'detach-network': 3_000,
  'set-backups': 1_000,
  'add-to-placement-group': 1_000,
  'remove-from-placement-group': 1_000,
  'add-subnet': 1_000,
  'delete-subnet': 1_000,
  'add-route': 1_000,
  'delete-route': 1_000,
  'change-ip-range': 1_000,
  'set-rules': 1_000,
  'apply-firewall': 1_000,
  'remove-firewall': 1_000,
  'remove-firewall-selector': 1_000,
  'set-records': 1_000,
  'retry-certificate': 30_000,
};
const createMs: Readonly<Record<string, number>> = {
  server: 8_000,
  'load-balancer': 3_000,
  certificate: 30_000,
  zone: 1_000,
  rrset: 1_000,
};
const deleteMs: Readonly<Record<string, number>> = { server: 3_000, zone: 1_000, rrset: 1_000 };

/** Cloud-init of a small server: packages, four downloads, services; about a minute (field reports of Hetzner boots: 40-90 s). */
const bootMs = 60_000;
/** Elections, access control, all nodes ready: 2 to 4 s on containers of two cores, once all have booted. */
const readyMs = 8_000;
/** Two resets, and three deliveries to each of three servers with a look at the cluster after each. */
const recoverMs = 60_000;
/** Image pull, start, checks, `min_healthy_time` and an answer through the ingress: 10 to 12 s there, with a near registry. */
const jobMs = 20_000;

export const estimateMs = (effect: Effect): number => {
  switch (effect.port) {
    case 'cloud':
      if (effect.op === 'create') return requestMs + (createMs[effect.resource.kind] ?? 0);
      if (effect.op === 'delete') return requestMs + (deleteMs[effect.kind] ?? 0);
      return requestMs + (changeMs[effect.change.op] ?? 0);
    case 'machines':
      return bootMs;
    case 'cluster':
      return effect.op === 'recover-access' ? recoverMs : readyMs;
    case 'jobs':
      return effect.op === 'submit' ? jobMs : requestMs;
    case 'state':
      return 0;
  }
};
