import type { World } from '../world.ts';

/** What the models see of a server. Times are ms since the epoch. */
export interface MachineRow {
  readonly id: number;
  readonly name: string;
  readonly running: boolean;
  readonly userData: string | null;
  /** A new disk is a new machine: other node ids, nothing of the old one's data. */
  readonly diskId: number;
  readonly firstBootAt: number | null;
  readonly bootedAt: number | null;
  readonly networks: readonly { readonly network: number; readonly ip: string }[];
  readonly publicIp: string | null;
  readonly cores: number;
  readonly memoryGb: number;
}

export const machineRows = (world: World): readonly MachineRow[] =>
  world.servers.all().map((server) => {
    const facts = world.serverFacts.get(server.id);
    return {
      id: server.id,
      name: server.name,
      running: server.status === 'running' && facts?.bootedAt != null,
      userData: facts?.userData ?? null,
      diskId: facts?.diskId ?? 0,
      firstBootAt: facts?.firstBootAt ?? null,
      bootedAt: facts?.bootedAt ?? null,
      networks: server.private_net.flatMap(({ network, ip }) =>
        network == null || ip == null ? [] : [{ network, ip }],
      ),
      publicIp: server.public_net.ipv4?.ip ?? null,
      cores: server.server_type.cores,
      memoryGb: server.server_type.memory,
    };
  });

/** 32 hex digits in the form of a UUID, always the same for the same text (FNV-1a): ids that need no chance. */
export const stableUuid = (text: string): string => {
  const words = [0, 1, 2, 3].map((salt) => {
    let hash = (0x811c9dc5 ^ (salt * 0x9e3779b9)) >>> 0;
    for (let index = 0; index < text.length; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
    return (hash ^ (hash >>> 13)).toString(16).replace('-', '').padStart(8, '0').slice(-8);
  });
  const hex = words.join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
};
