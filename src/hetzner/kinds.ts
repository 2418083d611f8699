import { z } from 'zod';
import type { CloudKind } from '../domain/kinds.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import { zoneItem } from './facts/dns.ts';
import { firewallItem } from './facts/firewall.ts';
import { loadBalancerItem } from './facts/load-balancer.ts';
import { networkItem } from './facts/network.ts';
import { certificateItem, placementGroupItem, primaryIpItem, sshKeyItem, volumeItem } from './facts/others.ts';
import { serverItem } from './facts/server.ts';
import type { Page } from './paging.ts';
import { parseBody } from './parse.ts';
import type { ApiRequest } from './request.ts';
import { certificateSchema } from './wire/certificates.ts';
import { metaSchema } from './wire/common.ts';
import { firewallSchema } from './wire/firewalls.ts';
import { loadBalancerSchema } from './wire/load-balancers.ts';
import { networkSchema } from './wire/networks.ts';
import { placementGroupSchema } from './wire/placement-groups.ts';
import { primaryIpSchema } from './wire/primary-ips.ts';
import { serverSchema } from './wire/servers.ts';
import { sshKeySchema } from './wire/ssh-keys.ts';
import { volumeSchema } from './wire/volumes.ts';
import { zoneSchema } from './wire/zones.ts';

/** How objects of one kind are read: where they are, and from a validated body to items. */
export interface Reader<T> {
  readonly path: string;
  page(body: unknown, request: ApiRequest): Page<T>;
  /** The object in the answer to a create or to a GET of one. */
  one(body: unknown, request: ApiRequest): T;
}

/** `meta` is missing where a list is whole in one answer. */
export const readerOf = <S extends z.ZodType, T>(
  path: string,
  keys: readonly [list: string, one: string],
  schema: S,
  toItem: (wire: z.output<S>) => T,
): Reader<T> => {
  const [listKey, oneKey] = keys;
  const list = z.object({ [listKey]: z.array(schema), meta: metaSchema.optional() });
  const single = z.object({ [oneKey]: schema });
  return {
    path,
    page: (body, request) => {
      const parsed = parseBody(list, body, request) as { readonly meta?: z.output<typeof metaSchema> } & Record<
        string,
        unknown
      >;
      return { items: (parsed[listKey] as z.output<S>[]).map(toItem), pagination: parsed.meta?.pagination };
    },
    one: (body, request) =>
      toItem((parseBody(single, body, request) as Record<string, z.output<S>>)[oneKey] as z.output<S>),
  };
};

export type ListedKind = Exclude<CloudKind, 'rrset'>;

export const readers: { readonly [K in ListedKind]: Reader<AnyObservedItem> } = {
  'ssh-key': readerOf('/ssh_keys', ['ssh_keys', 'ssh_key'], sshKeySchema, sshKeyItem),
  network: readerOf('/networks', ['networks', 'network'], networkSchema, networkItem),
  firewall: readerOf('/firewalls', ['firewalls', 'firewall'], firewallSchema, firewallItem),
  'placement-group': readerOf(
    '/placement_groups',
    ['placement_groups', 'placement_group'],
    placementGroupSchema,
    placementGroupItem,
  ),
  certificate: readerOf('/certificates', ['certificates', 'certificate'], certificateSchema, certificateItem),
  'load-balancer': readerOf(
    '/load_balancers',
    ['load_balancers', 'load_balancer'],
    loadBalancerSchema,
    loadBalancerItem,
  ),
  server: readerOf('/servers', ['servers', 'server'], serverSchema, serverItem),
  zone: readerOf('/zones', ['zones', 'zone'], zoneSchema, zoneItem),
  'primary-ip': readerOf('/primary_ips', ['primary_ips', 'primary_ip'], primaryIpSchema, primaryIpItem),
  volume: readerOf('/volumes', ['volumes', 'volume'], volumeSchema, volumeItem),
};
