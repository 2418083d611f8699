import { Failure } from '../../domain/errors.ts';
import type { CloudChange, Placement } from '../../domain/plan.ts';
import type { Resource } from '../../domain/resource.ts';
import type { ApiRequest } from '../request.ts';
import type { CreateServerRequest } from '../wire/server-requests.ts';
import { act, commonChange, post } from './common.ts';
import { impossible, type References } from './references.ts';

/**
 * Ordered, not started and in no network: POST /servers can't choose the private address, which the user data names,
 * so the address comes with `attach-network` and the first boot with `power-on`.
 */
export const createServer = (
  { name, labels, spec, address }: Resource<'server'>,
  placement: Placement | undefined,
  image: number | string,
  references: References,
): ApiRequest => {
  if (placement === undefined) throw new Failure(`the plan does not say which type and location ${address} gets`);
  const body: CreateServerRequest = {
    name,
    server_type: placement.type,
    location: placement.location,
    image,
    start_after_create: false,
    ssh_keys: spec.sshKeys.map((key) => (typeof key === 'string' ? key : references.id(key))),
    firewalls: spec.firewalls.map((firewall) => ({ firewall: references.id(firewall) })),
    ...(spec.placementGroup === undefined ? {} : { placement_group: references.id(spec.placementGroup) }),
    public_net: { enable_ipv4: spec.publicIpv4, enable_ipv6: spec.publicIpv6 },
    user_data: spec.userData,
    labels,
  };
  return post('/servers', body);
};

/** `image`: the id behind the name of a rebuild; see images.ts. */
export const changeServer = (
  path: string,
  change: CloudChange,
  references: References,
  image: number | string | undefined,
): ApiRequest => {
  switch (change.op) {
    // Both flags of a server must be equal (docs.hetzner.cloud, servers, change protection).
    case 'set-protection':
      return act(path, 'change_protection', { delete: change.delete, rebuild: change.delete });
    case 'power-off':
      return act(path, 'poweroff');
    case 'shutdown':
      return act(path, 'shutdown');
    case 'power-on':
      return act(path, 'poweron');
    case 'change-type':
      return act(path, 'change_type', { server_type: change.type, upgrade_disk: change.upgradeDisk });
    case 'rebuild':
      return act(path, 'rebuild', { image: image ?? change.image, user_data: change.userData });
    case 'attach-network':
      return act(path, 'attach_to_network', { network: references.id(change.network), ip: change.ip });
    case 'detach-network':
      return act(path, 'detach_from_network', { network: references.id(change.network) });
    case 'add-to-placement-group':
      return act(path, 'add_to_placement_group', { placement_group: references.id(change.group) });
    case 'remove-from-placement-group':
      return act(path, 'remove_from_placement_group');
    case 'set-backups':
      return act(path, change.enabled ? 'enable_backup' : 'disable_backup');
    default: {
      const request = commonChange(path, change);
      if (request === undefined) throw impossible('server', change);
      return request;
    }
  }
};
