import type { ObservedItem } from '../../domain/observation.ts';
import type { Server } from '../wire/servers.ts';
import { firstAddressOf } from './addresses.ts';
import { idsOf, itemOf, priceAt } from './item.ts';

export const serverItem = (wire: Server): ObservedItem<'server'> =>
  itemOf(
    'server',
    wire,
    {
      status: wire.status,
      type: wire.server_type.name,
      architecture: wire.server_type.architecture,
      location: wire.location.name,
      image: wire.image === null ? null : (wire.image.name ?? String(wire.image.id)),
      networks: wire.private_net
        .map(({ network, ip }) => ({ networkId: String(network), ip }))
        .sort((a, b) => Number(a.networkId) - Number(b.networkId)),
      firewallIds: idsOf(wire.public_net.firewalls.map((firewall) => firewall.id)),
      placementGroupId: wire.placement_group === null ? null : String(wire.placement_group.id),
      ...serverAddresses(wire),
      backups: wire.backup_window !== null,
      deleteProtection: wire.protection.delete,
      rebuildProtection: wire.protection.rebuild,
      locked: wire.locked,
      volumeIds: idsOf(wire.volumes),
    },
    priceAt(wire.server_type.prices, wire.location.name),
  );

export const serverAddresses = ({ public_net: { ipv4, ipv6 } }: Server) => ({
  ipv4: ipv4?.ip ?? null,
  ipv6: ipv6 === null ? null : firstAddressOf(ipv6.ip),
});
