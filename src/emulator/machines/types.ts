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
  /** POST of the files to deliver, GET of `?unit=&lines=`: what goes over SSH on a real machine. */
  deliver(serverName: string, request: Request): Promise<Response>;
  log(serverName: string, unit: string, lines: number): Response;
  /** What a load balancer's health check of this port finds. */
  targetHealth(serverId: number, port: number): 'healthy' | 'unhealthy' | 'unknown';
}
export type CreateMachineModels = (deps: MachineDeps) => MachineModels;
