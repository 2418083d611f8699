import type { FirewallRule } from '../domain/environment.ts';
import type { Labels } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import { isReference, type LoadBalancerServiceSpec, type MaybeReference } from '../domain/resource.ts';

/* The words of a plan, in one place: what a reason says and what a deletion wipes. */

export const reason = (field: string, because: string, from?: string, to?: string): Reason => ({
  field,
  because,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

export const because = {
  missing: 'it does not exist yet',
  gone: 'it is remembered in the state, but was deleted outside of this tool',
  unwanted: 'infra.yaml no longer asks for it',
  destroyed: 'the environment is being destroyed',
  expired: 'it let a runner in at port 22, and its time is over',
  forgotten: 'it is gone from the cloud and no longer wanted',
  differs: 'it differs from infra.yaml',
  image: 'another build is wanted',
  unlabelled: 'its labels were changed; id, name and creation time are those in the state',
  relabelled: 'its labels differ from infra.yaml',
  labelled: 'they make it ours',
  unknownToState: 'it carries our labels, but the state does not know it',
  formedUnknown: 'it has formed, but the state does not know it',
  jobUnknown: 'its meta names this environment, but the state does not know it',
  adopted: 'handed over with --adopt',
  replaceAsked: 'asked for with --replace',
  rebuildAsked: 'a preview was on its disk, and the next one gets a fresh one',
  extra: 'extra: another object of ours already stands for this address',
} as const;

export const listText = (words: readonly string[]): string =>
  words.length === 0 ? '(none)' : [...words].sort().join(', ');

export const labelsText = (labels: Labels): string =>
  listText(Object.entries(labels).map(([name, value]) => `${name}=${value}`));

export const ruleText = ({ direction, protocol, port, ips, description }: FirewallRule): string =>
  `${direction} ${protocol}${port === undefined ? '' : ` ${port}`} ${direction === 'in' ? 'from' : 'to'} ${listText(ips)}${
    description === undefined ? '' : ` (${description})`
  }`;

export const serviceText = ({ protocol, listenPort, destinationPort, healthCheck }: LoadBalancerServiceSpec): string =>
  `${protocol} ${listenPort} → ${destinationPort}, health ${healthCheck.protocol} ${healthCheck.port}${healthCheck.http?.path ?? ''}`;

/** A record whose value exists only after another thing does is named after that thing. */
export const recordText = (record: MaybeReference<string>): string =>
  isReference(record) ? `(known after ${record.ref})` : record;

const serverDisk = (name: string): string => `the disk of ${name}: Docker images, Nomad and Consul data, logs`;

export const wipesOfRebuild = (name: string): string => serverDisk(name);

/** What disappears for good with an object; undefined where it holds nothing of its own. */
export const wipesOf = (item: AnyObservedItem, volumeNames: readonly string[]): string | undefined => {
  switch (item.kind) {
    case 'server': {
      const address = item.facts.ipv4 === null ? '' : `, and its address ${item.facts.ipv4}`;
      const volumes = volumeNames.length === 0 ? '' : ` (volume ${listText(volumeNames)} is detached and stays)`;
      return `${serverDisk(item.name)}${address}${volumes}`;
    }
    case 'load-balancer':
      return item.facts.ipv4 === null ? undefined : `the public address ${item.facts.ipv4} of ${item.name}`;
    case 'zone':
      return `the DNS zone ${item.name} with all its records`;
    case 'volume':
      return `the ${item.facts.sizeGb} GB of volume ${item.name}`;
    case 'primary-ip':
      return `the address ${item.facts.ip}`;
    case 'rrset':
      return undefined;
    default:
      return undefined;
  }
};
