import type { Secret } from '../domain/secret.ts';

/** How a server's services are reached: an SSH connection on Hetzner and on booted machines, a gateway on simulated ones. */
export interface MachineTarget {
  readonly name: string;
  readonly privateIp: string;
  readonly publicIp: string | null;
}

/** How long something took on the machine itself: `cloud-init: write_files`, `bootstrap: packages`. */
export interface TimedPart {
  readonly what: string;
  readonly ms: number;
}

export type BootStatus =
  | { readonly stage: 'unreachable'; readonly because: string }
  /** `awaitsFiles`: the bootstrap has got no delivery yet and can't end without one. */
  | { readonly stage: 'running'; readonly detail: string; readonly awaitsFiles?: boolean }
  | { readonly stage: 'done'; readonly timings?: readonly TimedPart[] }
  /** `detail`: the failing step with the end of its log. */
  | { readonly stage: 'error'; readonly detail: string };

/** `fetch`, with the address of the request meant as seen from the server itself. */
export type Fetch = (request: Request) => Promise<Response>;

/** A file that must never travel in user data. */
export interface DeliveredFile {
  readonly path: string;
  /** Octal, e.g. `0640`. */
  readonly mode: string;
  /** `user:group`; both exist once the bootstrap has made them. */
  readonly owner: string;
  readonly content: Secret | string;
}

export interface Machines {
  /** Where cloud-init and the bootstrap stand on this server. Throws Failure on what waiting does not heal: a wrong host key. */
  bootStatus(target: MachineTarget): Promise<BootStatus>;
  /**
   * A fetch that reaches `<scheme>://<private ip>:<port>` of this server; rejects when it can't. `ca`: the PEM that an
   * https server's certificate must be signed by.
   */
  fetchThrough(target: MachineTarget, trust?: { readonly ca: string }): Fetch;
  /**
   * Hands the files over, all or none, and installs them as soon as their owners exist: the bootstrap does while it
   * runs, later deliveries take effect at once (`install-delivery` on the machine). Delivering the same again is harmless.
   */
  deliver(target: MachineTarget, files: readonly DeliveredFile[]): Promise<void>;
  /** The last lines of a systemd unit's log, for error messages; '' when there are none. */
  logTail(target: MachineTarget, unit: string, lines: number): Promise<string>;
  /** Ends connections; the process could not end otherwise. */
  close(): Promise<void>;
}
