import type { AnyObservedItem } from '../domain/observation.ts';
import type { AnyCloudResource, CloudChange, Placement } from '../domain/plan.ts';
import type { MaybeReference, Resource } from '../domain/resource.ts';
import { labelsOf } from './diff/labels.ts';
import { resolveService } from './diff/load-balancer.ts';
import { resolveId, resolveText, type Sight } from './sight.ts';
import type { Draft } from './verdict.ts';

/* How things come and go: the steps of one address, in order. One request each. */

export const changeDraft = (kind: AnyCloudResource['kind'], id: string | null, change: CloudChange): Draft => ({
  verb: change.op,
  ...detailOf(change),
  effect: { port: 'cloud', op: 'change', kind, id, change },
});

const targetText = (value: MaybeReference<number>): string => (typeof value === 'number' ? String(value) : value.ref);

/** What tells two steps of one verb and one address apart. */
const detailOf = (change: CloudChange): { detail?: string } => {
  switch (change.op) {
    case 'add-subnet':
      return { detail: change.subnet.range };
    case 'delete-subnet':
      return { detail: change.range };
    case 'add-route':
    case 'delete-route':
      return { detail: `${change.route.destination} via ${change.route.gateway}` };
    case 'apply-firewall':
    case 'remove-firewall':
      return { detail: `server ${targetText(change.server)}` };
    case 'remove-firewall-selector':
      return { detail: `label ${change.selector}` };
    case 'detach-network':
      return { detail: `network ${targetText(change.network)}` };
    case 'add-service':
    case 'update-service':
      return { detail: `port ${change.service.listenPort}` };
    case 'delete-service':
      return { detail: `port ${change.listenPort}` };
    case 'add-target':
    case 'remove-target':
      return { detail: change.target.selector };
    case 'set-protection':
      return { detail: change.delete ? 'on' : 'off' };
    default:
      return {};
  }
};

/** Steps that make a thing from nothing. The first one carries every label: nothing billable is ever without an owner. */
export const createDrafts = (
  want: AnyCloudResource,
  sight: Pick<Sight, 'standing'>,
  run: string,
  placement: Placement | undefined,
): Draft[] => {
  const resource = resolved(want, sight, run);
  const create: Draft = {
    verb: 'create',
    effect: { port: 'cloud', op: 'create', resource, ...(placement === undefined ? {} : { placement }) },
    fingerprintAfter: want.fingerprint,
    ...(want.kind === 'server' ? { userDataFingerprintAfter: want.spec.userDataFingerprint } : {}),
  };
  const after = afterCreate(resource).map((change) => changeDraft(want.kind, null, change));
  return [create, ...after, ...(want.kind === 'server' ? [bootDraft(want)] : [])];
};

const afterCreate = (resource: AnyCloudResource): CloudChange[] => {
  const protect: CloudChange[] =
    'deleteProtection' in resource.spec && resource.spec.deleteProtection
      ? [{ op: 'set-protection', delete: true }]
      : [];
  if (resource.kind === 'server') {
    const { network, privateIp, backups } = resource.spec;
    return [
      { op: 'attach-network', network, ip: privateIp },
      ...(backups ? [{ op: 'set-backups', enabled: true } as const] : []),
      ...protect,
      { op: 'power-on' },
    ];
  }
  if (resource.kind === 'load-balancer') {
    const { network, privateIp, targets } = resource.spec;
    return [
      { op: 'attach-network', network, ip: privateIp },
      ...targets.map((target): CloudChange => ({ op: 'add-target', target })),
      ...protect,
    ];
  }
  return protect;
};

export const bootDraft = (want: Resource<'server'>): Draft => ({
  verb: 'await-boot',
  effect: { port: 'machines', op: 'await-boot', serverName: want.name, privateIp: want.spec.privateIp },
});

export const deleteDraft = ({ kind, id, name }: AnyObservedItem): Draft => ({
  verb: 'delete',
  effect: { port: 'cloud', op: 'delete', kind, id, name },
});

/** Labels complete, and every reference that is known already replaced by its value. */
const resolved = (want: AnyCloudResource, sight: Pick<Sight, 'standing'>, run: string): AnyCloudResource => {
  const labels = labelsOf(want, run);
  switch (want.kind) {
    case 'server': {
      const { network, firewalls, placementGroup } = want.spec;
      const spec = {
        ...want.spec,
        network: resolveId(network, sight),
        firewalls: firewalls.map((firewall) => resolveId(firewall, sight)),
        ...(placementGroup === undefined ? {} : { placementGroup: resolveId(placementGroup, sight) }),
      };
      return { ...want, labels, spec };
    }
    case 'load-balancer': {
      const services = want.spec.services.map((service) => resolveService(service, sight));
      return { ...want, labels, spec: { ...want.spec, network: resolveId(want.spec.network, sight), services } };
    }
    case 'rrset': {
      const records = want.spec.records.map((record) => resolveText(record, sight));
      return { ...want, labels, spec: { ...want.spec, records } };
    }
    default:
      return { ...want, labels };
  }
};

/** The last step of an address says what it now is. */
export const marked = (drafts: readonly Draft[], fingerprint: string): Draft[] =>
  drafts.map((draft, index) => (index === drafts.length - 1 ? { ...draft, fingerprintAfter: fingerprint } : draft));
