import { type Address, addressOf } from '../domain/address.ts';
import type { Environment } from '../domain/environment.ts';
import { hostsOf } from '../domain/hosts.ts';
import type { RecordType, Reference, Resource } from '../domain/resource.ts';
import { reference, resource, soleAddress, type Wanted } from './context.ts';
import { serverAddress, serverNodes, workerAddress, workerNodes } from './server.ts';
import { zoneAddress } from './zone.ts';

/** Short, so that a replaced server or load balancer is found again within minutes. */
const ttlSecondsDefault = 300;

export const rrsets = (wanted: Wanted): Resource<'rrset'>[] => {
  const { environment } = wanted;
  if (environment.zone === undefined) return [];
  const { zone } = environment;
  const names = hostsOf(environment).map((host) => relativeName(host, zone));
  return names.flatMap((name) =>
    records(environment).map(({ type, of }) =>
      resource(wanted, {
        kind: 'rrset',
        address: addressOf('rrset', `${zone}/${name}/${type}`),
        name: `${name}/${type}`,
        spec: { zone, name, type, ttlSeconds: environment.dnsTtlSeconds ?? ttlSecondsDefault, records: of },
        dependsOn: [zoneAddress(zone), ...of.map(({ ref }): Address => ref)],
      }),
    ),
  );
};

const relativeName = (domain: string, zone: string): string =>
  domain === zone ? '@' : domain.slice(0, -zone.length - 1);

/** The load balancer's two addresses, or the IPv4 address of every server. */
const records = (environment: Environment): { type: RecordType; of: Reference[] }[] => {
  if (environment.ingress === 'load-balancer') {
    const balancer = soleAddress('load-balancer', environment);
    return [
      { type: 'A', of: [reference(balancer, 'ipv4')] },
      { type: 'AAAA', of: [reference(balancer, 'ipv6')] },
    ];
  }
  const servers = serverNodes(environment).map(({ number }) => serverAddress(environment, number));
  // Of the pool each node answers for previews, wherever they run; others have their names on servers alone.
  const workers = environment.type !== 'pool' ? [] : workerNodes(environment);
  const all = [...servers, ...workers.map(({ number }) => workerAddress(environment, number))];
  return [{ type: 'A', of: all.map((address) => reference(address, 'ipv4')) }];
};
