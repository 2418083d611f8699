import { Failure } from '../../domain/errors.ts';
import type { CloudChange } from '../../domain/plan.ts';
import type { Resource } from '../../domain/resource.ts';
import type { ApiRequest } from '../request.ts';
import { act, commonChange, post } from './common.ts';
import { impossible, type References } from './references.ts';

export const createZone = ({ name, labels, spec }: Resource<'zone'>): ApiRequest =>
  post('/zones', { name, mode: 'primary', ttl: spec.ttlSeconds, labels });

export const changeZone = (path: string, change: CloudChange): ApiRequest => {
  if (change.op === 'set-ttl') return act(path, 'change_ttl', { ttl: change.ttlSeconds });
  // A zone's name is what it is; PUT takes labels only (docs.hetzner.cloud, zones).
  const request = change.op === 'rename' ? undefined : commonChange(path, change);
  if (request === undefined) throw impossible('zone', change);
  return request;
};

/** Paths take the zone's name as well as its id (docs.hetzner.cloud, zones). */
export const createRrset = ({ labels, spec }: Resource<'rrset'>, references: References): ApiRequest =>
  post(`/zones/${pathPart(spec.zone)}/rrsets`, {
    name: spec.name,
    type: spec.type,
    ttl: spec.ttlSeconds,
    records: recordsOf(spec.records, references),
    labels,
  });

const recordsOf = (records: Resource<'rrset'>['spec']['records'], references: References) =>
  records.map((record) => ({ value: references.text(record) }));

export const changeRrset = (path: string, change: CloudChange, references: References): ApiRequest => {
  switch (change.op) {
    case 'set-labels':
      return { method: 'PUT', path, body: { labels: change.labels } };
    // `set_records` takes no ttl; a ttl that differs is a `set-ttl` of its own.
    case 'set-records':
      return act(path, 'set_records', { records: recordsOf(change.records, references) });
    case 'set-ttl':
      return act(path, 'change_ttl', { ttl: change.ttlSeconds });
    case 'set-protection':
      return act(path, 'change_protection', { change: change.delete });
    default:
      throw impossible('rrset', change);
  }
};

/** `/zones/7/rrsets/@/A` of `7/@/A`: the id as observed, or with the zone's name in front. */
export const rrsetPath = (id: string): string => {
  const [zone, name, type, ...rest] = id.split('/');
  if (!zone || !name || !type || rest.length > 0)
    throw new Failure(`"${id}" is no id of an rrset: it should read <zone>/<name>/<TYPE>`);
  return `/zones/${pathPart(zone)}/rrsets/${pathPart(name)}/${pathPart(type)}`;
};

/** `@`, the name of a zone's apex, is an ordinary character of a path and is sent as it is, as hcloud-go does. */
const pathPart = (text: string): string => encodeURIComponent(text).replaceAll('%40', '@');
