import { desiredState } from '../../../src/desired/desired.ts';
import type { Address } from '../../../src/domain/address.ts';
import type { AnyCloudResource, CloudChange, Placement } from '../../../src/domain/plan.ts';
import type { Reference } from '../../../src/domain/resource.ts';
import { gzipBase64, sha256Hex } from '../../../src/local/hash.ts';
import { assets, environments } from './project.ts';

/** One call, as data: both clouds get the same. */
export interface Call {
  readonly title: string;
  readonly effect:
    | { readonly resource: AnyCloudResource; readonly placement?: Placement }
    | { readonly of: Address; readonly change: CloudChange | 'delete' };
  /** The next call comes while its action runs. */
  readonly leave?: true;
  /** All objects are compared after it. */
  readonly look?: true;
}

const { production } = environments;
const two = { ...production, servers: { ...production.servers, count: 3 } };
const { resources } = desiredState({
  ...{ environment: two, state: null, assets, emulated: true },
  ...{ hash: sha256Hex, gzip: gzipBase64 },
});
const wanted = (address: Address): AnyCloudResource => {
  const found = resources.find((one) => one.address === address);
  if (found === undefined || found.kind === 'cluster' || found.kind === 'namespace' || found.kind === 'job')
    throw new TypeError(`${address} is not among ${resources.map((one) => one.address).join(', ')}`);
  return found;
};
const placement = { type: 'cx23', location: 'nbg1' };
const make = (address: Address, more: Pick<Call, 'leave' | 'look'> = {}): Call => {
  const resource = wanted(address);
  const effect = resource.kind === 'server' ? { resource, placement } : { resource };
  return { title: `create ${address}`, effect, ...more };
};
const makeBeside = (address: Address, name: string): Call => {
  const resource = { ...wanted(address), name, address: `${address}-beside` } as AnyCloudResource;
  const effect = resource.kind === 'server' ? { resource, placement } : { resource };
  return { title: `create ${address} as ${name}`, effect };
};
const change = (of: Address, what: CloudChange, more: Pick<Call, 'leave' | 'look'> = {}): Call => ({
  title: `${what.op} ${of}`,
  effect: { of, change: what },
  ...more,
});
const remove = (of: Address, more: Pick<Call, 'leave' | 'look'> = {}): Call => ({
  title: `delete ${of}`,
  effect: { of, change: 'delete' },
  ...more,
});
const ref = (address: Address): Reference => ({ ref: address, attribute: 'id' });

const [network, firewall, group] = ['network/production', 'firewall/production', 'placement-group/production'] as const;
const [certificate, balancer] = ['certificate/production', 'load-balancer/production'] as const;
const [zone, apex] = ['zone/example.com', 'rrset/example.com/@/A'] as const;
const [one, other] = ['server/production-1', 'server/production-2'] as const;
const address = (n: number): string => `10.0.1.${n}`;
const port22 = { direction: 'in', protocol: 'tcp', port: '2222', ips: ['0.0.0.0/0'] } as const;
const labels = { ...wanted(network).labels, team: 'a' };
const target = {
  type: 'label-selector',
  selector: 'project=aipacto,environment=production',
  usePrivateIp: true,
} as const;

const look = { look: true } as const;
const leave = { leave: true } as const;
const protect = (of: Address, on: boolean): Call => change(of, { op: 'set-protection', delete: on });

const beginning: readonly Call[] = [
  ...[make(apex), make(zone), make(zone), make(network), make(network), make(firewall), make(firewall)],
  ...[make(group), make(group), make(certificate), make(certificate), make(balancer, look), make(balancer)],
  ...[make(apex), make(apex, look), make(one, leave), make(one), change(one, { op: 'power-on' }, leave)],
  ...[make(other, look), makeBeside(other, wanted(one).name), makeBeside(network, wanted(network).name)],
  change(one, { op: 'attach-network', network: ref(network), ip: address(11) }),
  change(one, { op: 'attach-network', network: ref(network), ip: address(11) }),
  change(other, { op: 'attach-network', network: ref(network), ip: address(12) }, leave),
  change(other, { op: 'power-on' }),
  change(one, { op: 'power-on' }, look),
  change(balancer, { op: 'attach-network', network: ref(network), ip: address(5) }),
  change(balancer, { op: 'attach-network', network: ref(network), ip: address(5) }),
  change(balancer, { op: 'add-target', target }),
  change(balancer, { op: 'add-target', target }, look),
];

const middle: readonly Call[] = [
  change(firewall, { op: 'apply-firewall', server: ref(one) }),
  change(firewall, { op: 'remove-firewall', server: ref(one) }, look),
  change(firewall, { op: 'remove-firewall', server: ref(one) }),
  change(firewall, { op: 'apply-firewall', server: ref(one) }),
  change(firewall, { op: 'set-rules', rules: [port22] }),
  change(firewall, { op: 'rename', name: 'renamed', labels }),
  change(network, { op: 'set-labels', labels }),
  change(network, { op: 'rename', name: 'office', labels }, look),
  change(one, { op: 'rename', name: wanted(other).name, labels }),
  change(one, { op: 'change-type', type: 'cx33', upgradeDisk: false }),
  change(one, { op: 'add-to-placement-group', group: ref(group) }),
  change(one, { op: 'shutdown' }, leave),
  change(one, { op: 'power-off' }),
  change(one, { op: 'power-off' }, look),
  change(one, { op: 'remove-from-placement-group' }),
  change(one, { op: 'remove-from-placement-group' }),
  change(one, { op: 'add-to-placement-group', group: ref(group) }),
  change(one, { op: 'change-type', type: 'cx33', upgradeDisk: false }, leave),
  change(one, { op: 'set-labels', labels }),
  remove(one),
  change(one, { op: 'power-on' }, look),
  protect(one, true),
  remove(one),
  change(one, { op: 'rebuild', image: 'debian-13', userData: '#cloud-config\n{}\n' }),
  protect(one, false),
  change(one, { op: 'rebuild', image: 'debian-13', userData: '#cloud-config\n{}\n' }, look),
  change(one, { op: 'set-backups', enabled: true }),
  change(one, { op: 'detach-network', network: ref(network) }, look),
  change(one, { op: 'detach-network', network: ref(network) }),
  change(one, { op: 'attach-network', network: ref(network), ip: address(11) }),
  change(network, { op: 'add-subnet', subnet: { range: '10.0.2.0/24', type: 'cloud', zone: 'eu-central' } }),
  change(network, { op: 'add-route', route: { destination: '10.100.1.0/24', gateway: '10.0.1.1' } }),
  change(network, { op: 'delete-route', route: { destination: '10.100.1.0/24', gateway: '10.0.1.1' } }),
  change(network, { op: 'delete-subnet', range: '10.0.2.0/24' }, look),
  change(network, { op: 'delete-subnet', range: '10.0.1.0/24' }),
  change(balancer, { op: 'set-algorithm', algorithm: 'least_connections' }),
  change(balancer, { op: 'remove-target', target }),
  change(balancer, { op: 'remove-target', target }),
  change(balancer, { op: 'set-public-interface', enabled: false }, look),
  change(zone, { op: 'set-ttl', ttlSeconds: 7200 }),
  change(apex, { op: 'set-records', records: ['192.0.2.7'], ttlSeconds: 60 }),
  change(apex, { op: 'set-labels', labels }, look),
];

const end: readonly Call[] = [
  ...[remove(firewall), remove(certificate), remove(group, look), remove(network, look), protect(balancer, true)],
  ...[remove(balancer), protect(balancer, false), remove(balancer), remove(balancer), remove(certificate)],
  ...[protect(zone, true), remove(zone), protect(zone, false), remove(one, leave), remove(one), remove(other)],
  ...[change(one, { op: 'power-on' }), remove(firewall), remove(apex), remove(apex), make(apex)],
  ...[remove(zone, look), remove(zone), remove(apex), change(apex, { op: 'set-labels', labels }), make(network, look)],
];

export const script: readonly Call[] = [...beginning, ...middle, ...end];
