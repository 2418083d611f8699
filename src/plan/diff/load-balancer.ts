import { canonicalText } from '../../domain/fingerprint.ts';
import type { LoadBalancerFacts, ObservedItem } from '../../domain/observation.ts';
import type { CloudChange, Reason } from '../../domain/plan.ts';
import type {
  LoadBalancerServiceSpec,
  LoadBalancerSpec,
  LoadBalancerTargetSpec,
  Resource,
} from '../../domain/resource.ts';
import { because, reason, serviceText } from '../describe.ts';
import { knownId, resolveId, type Sight } from '../sight.ts';
import type { Difference } from '../verdict.ts';
import { diffProtection } from './network.ts';

/** Fields: location, type, algorithm, network and privateIp, services, targets, publicInterface, deleteProtection. */
export const diffLoadBalancer = (
  want: Resource<'load-balancer'>,
  have: ObservedItem<'load-balancer'>,
  sight: Sight,
): Difference => {
  const { spec } = want;
  const { facts } = have;
  if (spec.location !== facts.location)
    return {
      reasons: [reason('location', 'a load balancer cannot move', facts.location, spec.location)],
      changes: [],
      replace: true,
    };
  const parts = [
    diffField('type', facts.type, spec.type, { op: 'change-type', type: spec.type, upgradeDisk: false }),
    diffField('algorithm', facts.algorithm, spec.algorithm, { op: 'set-algorithm', algorithm: spec.algorithm }),
    diffNetworkOf(spec, facts, sight),
    diffServices(spec, facts, sight),
    diffTargets(spec, facts),
    diffField('publicInterface', onOff(facts.publicInterface), onOff(spec.publicInterface), {
      op: 'set-public-interface',
      enabled: spec.publicInterface,
    }),
    diffProtection(spec.deleteProtection, facts.deleteProtection),
  ];
  return { reasons: parts.flatMap((part) => part.reasons), changes: parts.flatMap((part) => part.changes) };
};

const onOff = (flag: boolean): string => (flag ? 'on' : 'off');

const diffField = (field: string, from: string, to: string, change: CloudChange): Difference =>
  from === to
    ? { reasons: [], changes: [] }
    : { reasons: [reason(field, because.differs, from, to)], changes: [change] };

/** A load balancer is in one network at most; another address in it needs a detour through no network. */
const diffNetworkOf = (spec: LoadBalancerSpec, facts: LoadBalancerFacts, sight: Sight): Difference => {
  const wanted = knownId(spec.network, sight);
  const present = facts.networks[0];
  if (present !== undefined && present.networkId === wanted && present.ip === spec.privateIp)
    return { reasons: [], changes: [] };
  const detach: CloudChange[] =
    present === undefined ? [] : [{ op: 'detach-network', network: Number(present.networkId) }];
  return {
    reasons: [reason('network', because.differs, present?.ip ?? 'in no network', spec.privateIp)],
    changes: [...detach, { op: 'attach-network', network: resolveId(spec.network, sight), ip: spec.privateIp }],
  };
};

/** The listen port is a service's key at Hetzner: it is what update and delete name. */
const diffServices = (spec: LoadBalancerSpec, facts: LoadBalancerFacts, sight: Sight): Difference => {
  const reasons: Reason[] = [];
  const changes: CloudChange[] = [];
  const present = new Map(facts.services.map((service) => [service.listenPort, service]));
  for (const service of facts.services) {
    if (spec.services.some((other) => other.listenPort === service.listenPort)) continue;
    reasons.push(reason('services', 'infra.yaml does not have this service', serviceText(service), undefined));
    changes.push({ op: 'delete-service', listenPort: service.listenPort });
  }
  for (const wanted of spec.services) {
    const service = resolveService(wanted, sight);
    const old = present.get(service.listenPort);
    if (old === undefined) {
      reasons.push(reason('services', because.differs, undefined, serviceText(service)));
      changes.push({ op: 'add-service', service });
    } else if (comparable(old) !== comparable(service)) {
      reasons.push(reason('services', because.differs, ...serviceTexts(old, service)));
      changes.push({ op: 'update-service', service });
    }
  }
  return { reasons, changes };
};

export const resolveService = (
  { http, ...service }: LoadBalancerServiceSpec,
  sight: Pick<Sight, 'standing'>,
): LoadBalancerServiceSpec =>
  http === undefined
    ? service
    : { ...service, http: { ...http, certificates: http.certificates.map((id) => resolveId(id, sight)) } };

/** Certificates and redirects belong to https alone, and status codes are a set. */
const comparable = ({ http, healthCheck, ...service }: LoadBalancerServiceSpec): string =>
  canonicalText({
    ...service,
    http:
      http === undefined || service.protocol === 'tcp'
        ? undefined
        : {
            ...http,
            redirectHttp: service.protocol === 'https' && http.redirectHttp,
            certificates: service.protocol === 'https' ? http.certificates.map((id) => canonicalText(id)).sort() : [],
          },
    healthCheck: {
      ...healthCheck,
      http:
        healthCheck.http === undefined || healthCheck.protocol === 'tcp'
          ? undefined
          : { ...healthCheck.http, statusCodes: [...healthCheck.http.statusCodes].sort() },
    },
  });

/** The short text, or every differing setting where the short texts are alike. */
const serviceTexts = (old: LoadBalancerServiceSpec, service: LoadBalancerServiceSpec): [string, string] => {
  const texts: [string, string] = [serviceText(old), serviceText(service)];
  if (texts[0] !== texts[1]) return texts;
  const differing = (of: LoadBalancerServiceSpec, than: LoadBalancerServiceSpec): string =>
    flatten(of)
      .filter((line) => !flatten(than).includes(line))
      .join(', ');
  return [`port ${old.listenPort}: ${differing(old, service)}`, `port ${old.listenPort}: ${differing(service, old)}`];
};

const flatten = (value: unknown, path = ''): string[] => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !('ref' in value))
    return Object.entries(value).flatMap(([key, entry]) => flatten(entry, path === '' ? key : `${path}.${key}`));
  if (Array.isArray(value)) return [`${path} ${value.map(oneText).join(' ') || '(none)'}`];
  return [`${path} ${oneText(value)}`];
};
const oneText = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'ref' in value ? `(known after ${String(value.ref)})` : String(value);

const targetText = ({ selector, usePrivateIp }: LoadBalancerTargetSpec): string =>
  `${selector} over the ${usePrivateIp ? 'private' : 'public'} network`;

/** Targets that are single servers or addresses were added by hand; `foreignTargets` names them in a notice. */
const diffTargets = (spec: LoadBalancerSpec, facts: LoadBalancerFacts): Difference => {
  const present = facts.targets.filter((target) => target.type === 'label-selector');
  const texts = { wanted: spec.targets.map(targetText), present: present.map(targetText) };
  const extra = present.filter((target) => !texts.wanted.includes(targetText(target)));
  const missing = spec.targets.filter((target) => !texts.present.includes(targetText(target)));
  return {
    reasons: [
      ...extra.map((target) => reason('targets', because.differs, targetText(target), undefined)),
      ...missing.map((target) => reason('targets', because.differs, undefined, targetText(target))),
    ],
    changes: [
      ...extra.map((target): CloudChange => ({ op: 'remove-target', target })),
      ...missing.map((target): CloudChange => ({ op: 'add-target', target })),
    ],
  };
};

/** Targets which this tool cannot remove, as `server 4711` or `ip 192.0.2.7`. */
export const foreignTargets = (facts: LoadBalancerFacts): readonly string[] =>
  facts.targets.flatMap((target) =>
    target.type === 'server' ? [`server ${target.serverId}`] : target.type === 'ip' ? [`ip ${target.ip}`] : [],
  );
