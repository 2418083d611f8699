import type { Secret } from '../domain/secret.ts';

export interface VpnDevice {
  readonly id: string;
  /** What the machine calls itself; two devices may say the same. */
  readonly hostname: string;
  /** Its name in the VPN, unique: `production-1.tail1234.ts.net`. */
  readonly name: string;
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
}

export interface JoinKey {
  readonly server: string;
  /** The device goes by itself soon after it is last seen. */
  readonly ephemeral: boolean;
  readonly tags: readonly string[];
}

/** A private network that servers join besides their own. Every call throws Failure, in words without secrets. */
export interface Vpn {
  /** A key that lets one machine join, once, within ten minutes. */
  mintKey(key: JoinKey): Promise<Secret>;
  devices(): Promise<readonly VpnDevice[]>;
  /** Removes a device; one that is gone already is a success. */
  remove(id: string): Promise<void>;
}
