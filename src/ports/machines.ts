/** How a server's services are reached: an SSH tunnel on Hetzner, a gateway on the emulated cloud. */
export interface MachineTarget {
  readonly name: string;
  readonly privateIp: string;
  readonly publicIp: string | null;
}

export type BootStatus =
  | { readonly stage: 'unreachable'; readonly because: string }
  | { readonly stage: 'running'; readonly detail: string }
  | { readonly stage: 'done' }
  | { readonly stage: 'error'; readonly detail: string };

/** `fetch`, with the address of the request meant as seen from the server itself. */
export type Fetch = (request: Request) => Promise<Response>;

export interface Machines {
  /** Where cloud-init stands on this server. */
  bootStatus(target: MachineTarget): Promise<BootStatus>;
  /** A fetch that reaches `http://<private ip>:<port>` of this server; rejects when it can't. */
  fetchThrough(target: MachineTarget): Fetch;
}
