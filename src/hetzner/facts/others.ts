import type { ObservedItem } from '../../domain/observation.ts';
import type { Certificate } from '../wire/certificates.ts';
import type { PlacementGroup } from '../wire/placement-groups.ts';
import type { PrimaryIp } from '../wire/primary-ips.ts';
import type { SshKey } from '../wire/ssh-keys.ts';
import type { Volume } from '../wire/volumes.ts';
import { canonicalAddress } from './addresses.ts';
import { idsOf, isoOf, itemOf } from './item.ts';

/* The small kinds: what there is to say of each fits on a few lines. */

export const sshKeyItem = (wire: SshKey): ObservedItem<'ssh-key'> =>
  itemOf('ssh-key', wire, { publicKey: wire.public_key.trim(), fingerprint: wire.fingerprint });

export const placementGroupItem = (wire: PlacementGroup): ObservedItem<'placement-group'> =>
  itemOf('placement-group', wire, { type: wire.type, serverIds: idsOf(wire.servers) });

export const certificateItem = (wire: Certificate): ObservedItem<'certificate'> =>
  itemOf('certificate', wire, {
    type: wire.type,
    domains: [...wire.domain_names].sort(),
    issuance: wire.status?.issuance ?? null,
    error: wire.status?.error == null ? null : `${wire.status.error.message} (${wire.status.error.code})`,
    notValidAfter: wire.not_valid_after === null ? null : isoOf(wire.not_valid_after),
  });

export const primaryIpItem = (wire: PrimaryIp): ObservedItem<'primary-ip'> =>
  itemOf('primary-ip', wire, {
    type: wire.type,
    ip: canonicalAddress(wire.ip),
    assigneeId: wire.assignee_id === null ? null : String(wire.assignee_id),
    autoDelete: wire.auto_delete,
    location: wire.location.name,
  });

export const volumeItem = (wire: Volume): ObservedItem<'volume'> =>
  itemOf('volume', wire, {
    sizeGb: wire.size,
    serverId: wire.server === null ? null : String(wire.server),
    location: wire.location.name,
  });
