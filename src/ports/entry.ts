import type { Secret } from '../domain/secret.ts';
import type { DeliveredFile, Machines, MachineTarget } from './machines.ts';

/** What a server shows of itself to somebody who logs in. */
export interface SeenServer {
  /** `ssh-ed25519 AAAA…` and as `ssh-keygen -l` shows it. */
  readonly hostKey: string;
  readonly fingerprint: string;
  /** Host keys of its peers as they show them on the private network, by name; those that did not answer are left out. */
  readonly peers: Readonly<Record<string, string>>;
}

/**
 * A way into servers whose keys are lost: root, by the key of a human that stands in infra.yaml's `ssh_keys`. Every call
 * throws Failure where the login fails, or where the server shows another host key than the one expected.
 */
export interface Entry {
  /** Which key opens the doors: `the key SHA256:… of the SSH agent`; known once one was opened. */
  readonly as: () => string;
  /** Logs in and looks; changes nothing. */
  look(target: MachineTarget, peers: readonly MachineTarget[]): Promise<SeenServer>;
  readFiles(target: MachineTarget, hostKey: string, paths: readonly string[]): Promise<ReadFiles>;
  /** Lets our own key in. Lines of authorized_keys with the same comment, which are our lost ones, go. */
  admit(target: MachineTarget, hostKey: string, publicKey: string): Promise<void>;
  close(): Promise<void>;
}

/** Text by path; a file that is not there is left out. */
export type ReadFiles = Readonly<Record<string, Secret>>;

/** Files of a server, as root sees them. */
export interface MachineFiles {
  readFiles(target: MachineTarget, paths: readonly string[]): Promise<ReadFiles>;
  /** Puts one file in place, at once; its folder exists. */
  placeFile(target: MachineTarget, file: DeliveredFile): Promise<void>;
  /** One that is not there is a success. */
  removeFile(target: MachineTarget, path: string): Promise<void>;
}

/** Machines, and the way into those whose keys are lost. `identity`: a file with a private key; null: the SSH agent. */
export interface OpenMachines extends Machines, MachineFiles {
  /** Throws Failure when there is no such key. */
  enter(identity: string | null): Promise<Entry>;
}
