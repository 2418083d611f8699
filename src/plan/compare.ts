import type { AnyObservedItem } from '../domain/observation.ts';
import type { AnyCloudResource } from '../domain/plan.ts';
import { diffCertificate } from './diff/certificate.ts';
import { diffFirewall } from './diff/firewall.ts';
import { diffLoadBalancer } from './diff/load-balancer.ts';
import { diffNetwork } from './diff/network.ts';
import { diffPlacementGroup } from './diff/placement-group.ts';
import { diffRrset } from './diff/rrset.ts';
import { diffSshKey } from './diff/ssh-key.ts';
import { diffZone } from './diff/zone.ts';
import type { Sight } from './sight.ts';
import type { Difference } from './verdict.ts';

/** The diff of a kind other than servers, whose verdicts take more (servers.ts). */
export const compare = (want: AnyCloudResource, have: AnyObservedItem, sight: Sight): Difference => {
  if (want.kind === 'network' && have.kind === 'network') return diffNetwork(want, have);
  if (want.kind === 'firewall' && have.kind === 'firewall') return diffFirewall(want, have);
  if (want.kind === 'placement-group' && have.kind === 'placement-group') return diffPlacementGroup(want, have);
  if (want.kind === 'certificate' && have.kind === 'certificate') return diffCertificate(want, have);
  if (want.kind === 'load-balancer' && have.kind === 'load-balancer') return diffLoadBalancer(want, have, sight);
  if (want.kind === 'zone' && have.kind === 'zone') return diffZone(want, have);
  if (want.kind === 'rrset' && have.kind === 'rrset') return diffRrset(want, have, sight);
  if (want.kind === 'ssh-key' && have.kind === 'ssh-key') return diffSshKey(want, have);
  throw new Error(`${want.address} cannot be compared with a ${have.kind}`);
};
