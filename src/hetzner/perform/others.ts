import type { CloudChange } from '../../domain/plan.ts';
import type { Resource } from '../../domain/resource.ts';
import type { ApiRequest } from '../request.ts';
import { act, commonChange, post } from './common.ts';
import { impossible } from './references.ts';

/* The small kinds: their labels and names change, little else. */

export const createSshKey = ({ name, labels, spec }: Resource<'ssh-key'>): ApiRequest =>
  post('/ssh_keys', { name, public_key: spec.publicKey, labels });

export const createPlacementGroup = ({ name, labels, spec }: Resource<'placement-group'>): ApiRequest =>
  post('/placement_groups', { name, type: spec.type, labels });

export const createCertificate = ({ name, labels, spec }: Resource<'certificate'>): ApiRequest =>
  post('/certificates', { name, type: spec.type, domain_names: [...spec.domains], labels });

export const changeCertificate = (path: string, change: CloudChange): ApiRequest =>
  change.op === 'retry-certificate' ? act(path, 'retry') : changeUnprotected('certificate')(path, change);

/** Name and labels only: ssh keys, placement groups and certificates have no protection. */
export const changeUnprotected =
  (kind: string) =>
  (path: string, change: CloudChange): ApiRequest => {
    const request = change.op === 'set-protection' ? undefined : commonChange(path, change);
    if (request === undefined) throw impossible(kind, change);
    return request;
  };

/** Primary IPs and volumes: never ours to make, but labels can be put on them. */
export const changeProtected =
  (kind: string) =>
  (path: string, change: CloudChange): ApiRequest => {
    const request = commonChange(path, change);
    if (request === undefined) throw impossible(kind, change);
    return request;
  };
