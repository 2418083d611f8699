import type { Clock } from '../clock.ts';
import type { Randomness } from '../random.ts';
import type { World } from '../world.ts';

/** What machine models may look at. Rows are read anew on each call: the world may be reloaded between two. */
export interface MachineDeps {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Randomness;
}

/** Text of the gateway's `/boot` answer: domain of ports/machines.ts BootStatus, without `because`. */
export interface BootReport {
  readonly stage: 'unreachable' | 'running' | 'done' | 'error';
  readonly detail?: string;
  /** While it runs: nothing was delivered yet, and it can't end without. */
  readonly awaitsFiles?: boolean;
  /** When done: how long each part took. */
  readonly timings?: readonly { readonly what: string; readonly ms: number }[];
}

/**
 * What runs on the servers, without a process behind it. Models derive from server rows and `world.serverFacts`
 * (user data, `bootedAt`, `diskId`); what they must remember goes into `world.machines`, which is saved with the world.
 */
export interface MachineModels {
  /** A request to `http://<server>:<port>`, as seen from the server itself. */
  handle(serverName: string, port: number, request: Request): Promise<Response>;
  boot(serverName: string): BootReport;
  /** What goes over SSH on machines that have it; those need neither. `request`: its body lists the files. */
  deliver?(serverName: string, request: Request): Promise<Response>;
  /** The address that requests to machines come from. */
  caller?(): string | undefined;
  /** Whether a machine's firewalls let the caller in at port 22; absent: they are enforced elsewhere. */
  letsIn?(serverName: string): boolean;
  /** Files and logins of root. */
  root?(serverName: string, request: Request): Promise<Response>;
  /** Whether root is let in with this key, a line for authorized_keys. */
  lets?(serverName: string, key: string): boolean;
  log?(serverName: string, unit: string, lines: number): Response;
  /** What a load balancer's health check of this port finds. */
  targetHealth(serverId: number, port: number, balancerId?: number): 'healthy' | 'unhealthy' | 'unknown';
  /** Default: `simulated`. */
  readonly kind?: 'simulated' | 'docker';
  /**
   * Makes what runs as the rows are, and rows of what ended `off`. Called within each transaction before it is saved.
   * Throws when something could not be made so; all else was.
   */
  sync?(): Promise<void>;
  /** Before a reading request of this path is answered: whether a sync would change rows. */
  look?(path: string): Promise<boolean>;
}
export type CreateMachineModels = (deps: MachineDeps) => MachineModels;
