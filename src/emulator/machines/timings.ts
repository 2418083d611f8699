/**
 * How long things on a machine take, in ms. (M): measured on three Debian 12 containers with Nomad 1.9.7 and Consul
 * 1.20.1; (D): a default of the software; (B): believed.
 */
export const bootStages = [
  { part: 'machine', name: 'boot', detail: 'booting to sshd', ms: 12_000, reachable: false }, // image to sshd 10-20 s (B)
  { part: 'cloud-init', name: 'write_files', detail: 'cloud-init: writing files', ms: 1_000, reachable: true },
  { part: 'bootstrap', name: 'packages', detail: 'cloud-init: installing packages', ms: 14_000, reachable: true }, // apt with docker 15-40 s (B)
  {
    part: 'bootstrap',
    name: 'downloads',
    detail: 'cloud-init: downloading Consul, Nomad and Caddy',
    ms: 8_000, // (B)
    reachable: true,
  },
  // Until the first delivery; no time at all when it came before.
  { part: 'bootstrap', name: 'awaiting keys', detail: 'cloud-init: awaiting keys', ms: 0, reachable: true },
  {
    part: 'bootstrap',
    name: 'services',
    detail: 'cloud-init: starting Consul, Nomad and Caddy',
    ms: 7_000, // Consul answers 7.0 s after start (M)
    reachable: true,
  },
] as const;
export type BootStageName = (typeof bootStages)[number]['name'];
export const bootMs = bootStages.reduce((sum, stage) => sum + stage.ms, 0);

export const timings = {
  /** A reboot runs no per-instance module again: kernel, sshd, units (B). */
  restart: 15_000,
  /** How long the last stage waits for the private address before it fails (B). */
  addressPatience: 60_000,
  /** Nomad's unit asks Consul each second whether its token holds, then starts (B). */
  nomadStart: 2_000,
  /** First election: both leaders 1.5 s after Consul answered (M). */
  firstElection: 1_500,
  /** Consistent reads failed for 3.4 s after the leader was killed, Nomad's for 3.7 s (M). */
  reelection: 3_500,
  /** retry_interval "2s" (our configuration). */
  join: 2_000,
  /** server_stabilization_time 10 s at a 10 s tick (D): voter 20 s after it became a non-voter (M). */
  stabilisation: 20_000,
  /** A failed server is noticed after some 10 s and pruned at autopilot's next 10 s tick (D). */
  prune: 20_000,
  /** Nomad's leader reconciles members that never left for Serf every 60 s, counted from its election (M). */
  nomadReconcile: 60_000,
  /** A member that was away longer has failed for Serf and joins anew (M: 19 s were too short). */
  serfFailure: 30_000,
  /** A client registers once there is a leader (B). */
  clientRegister: 1_000,
  /** Its first Consul fingerprint after Consul's leader (B). */
  consulFingerprint: 500,
  /** A node is down 20-30 s after its last heartbeat (D). */
  heartbeatLoss: 25_000,
  /** node_gc_threshold: a node that stays down is forgotten (D). */
  nodeGc: 86_400_000,
  /** Image pull and container start (B). */
  taskStart: 4_000,
  /** Until the first passing check: half an interval of 5 s and the application's own start (B). */
  firstCheck: 2_500,
} as const;
