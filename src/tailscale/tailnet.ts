import type { DeliveredFile } from '../ports/machines.ts';
import type { Vpn, VpnDevice } from '../ports/vpn.ts';

/** Where tailscale-join.path waits for it. The machine deletes it once it has joined. */
export const authKeyPath = '/etc/tailscale/auth-key';

export interface Tailnet {
  /** What a delivery to this server holds besides: a new auth key as long as it has not joined, nothing afterwards. */
  filesFor(server: string): Promise<readonly DeliveredFile[]>;
  /**
   * Removes the servers' devices, before or after the servers themselves: a new server of the same name would else be
   * `name-1` on the tailnet, and a wiped one would be taken for joined. Returns the names of what was removed.
   */
  removeDevices(servers: readonly string[]): Promise<readonly string[]>;
}

/** What the cluster needs of a VPN. `ephemeral`: previews, whose devices go by themselves should we be killed. */
export const createTailnet = (
  vpn: Vpn,
  { tags, ephemeral }: { readonly tags: readonly string[]; readonly ephemeral: boolean },
): Tailnet => ({
  filesFor: async (server) => {
    const devices = await vpn.devices();
    if (devices.some((device) => isOurs(device, server, tags))) return [];
    const content = await vpn.mintKey({ server, ephemeral, tags });
    return [{ path: authKeyPath, mode: '0600', owner: 'root:root', content }];
  },
  removeDevices: async (servers) => {
    if (servers.length === 0) return [];
    const devices = await vpn.devices();
    const ours = devices.filter((device) => servers.some((server) => isOurs(device, server, tags)));
    for (const { id } of ours) await vpn.remove(id);
    return ours.map(({ name }) => name);
  },
});

/** Host names are free to choose; only the tags tell a server of ours from somebody's laptop of the same name. */
const isOurs = (device: VpnDevice, server: string, tags: readonly string[]): boolean =>
  device.hostname.toLowerCase() === server.toLowerCase() && tags.every((tag) => device.tags.includes(tag));
