import { txtVisible } from '../acme/nameservers.ts';
import { labelsOf } from '../desired/context.ts';
import { addressOf } from '../domain/address.ts';
import type { Environment } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { CloudEffect } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi } from '../ports/cloud-api.ts';
import type { DnsChallenge } from '../ports/dns-challenge.ts';

const ttlSeconds = 60;
const pollMs = 1_000;
const landedWithinMs = 60_000;

/**
 * TXT records in the environment's Hetzner zone. They carry our labels, so that what a killed run leaves behind is
 * found, and removed, by the next one.
 */
export const hetznerChallenge = (cloud: CloudApi, clock: Clock, environment: Environment): DnsChallenge => {
  const zoneName = environment.zone ?? '';
  const find = async (name: string) => {
    const zone = await cloud.find('zone', zoneName);
    if (zone === undefined)
      throw new Failure(`there is no zone ${zoneName} to prove ${environment.domain} in`, {
        next: 'write dns: { zone: … } in infra.yaml and run again',
      });
    const relative = relativeName(name, zoneName);
    const { items, complete, because } = await cloud.listRrsets({ id: zone.id, name: zone.name });
    if (!complete) throw new Failure(`the records of ${zoneName} could not be read completely: ${because ?? ''}`);
    const found = items.find(
      (item) => item.kind === 'rrset' && item.facts.name === relative && item.facts.type === 'TXT',
    );
    return { relative, id: found?.id, records: found?.kind === 'rrset' ? found.facts.records : [] };
  };
  const perform = async (effect: CloudEffect): Promise<void> => {
    const { actionIds } = await cloud.perform(effect, () => '');
    await landed(cloud, clock, actionIds);
  };
  return {
    present: async (name, value) => {
      const { relative, id, records } = await find(name);
      const text = quoted(value);
      if (records.includes(text)) return;
      const all = [...records, text];
      if (id === undefined)
        return perform({ port: 'cloud', op: 'create', resource: rrset(environment, zoneName, relative, all) });
      const change = { op: 'set-records', records: all, ttlSeconds } as const;
      return perform({ port: 'cloud', op: 'change', kind: 'rrset', id, change });
    },
    visible: (name, value) => txtVisible(zoneName, name, value),
    remove: async (name, value) => {
      const { relative, id, records } = await find(name);
      if (id === undefined || !records.includes(quoted(value))) return;
      const left = records.filter((record) => record !== quoted(value));
      if (left.length === 0)
        return perform({ port: 'cloud', op: 'delete', kind: 'rrset', id, name: `${relative}/TXT` });
      const change = { op: 'set-records', records: left, ttlSeconds } as const;
      return perform({ port: 'cloud', op: 'change', kind: 'rrset', id, change });
    },
  };
};

/** As records are written in zone files, and as the API takes and gives TXT values. */
const quoted = (value: string): string => `"${value}"`;

const relativeName = (name: string, zone: string): string => (name === zone ? '@' : name.slice(0, -zone.length - 1));

const rrset = (environment: Environment, zone: string, name: string, records: readonly string[]): Resource<'rrset'> => {
  const address = addressOf('rrset', `${zone}/${name}/TXT`);
  return {
    kind: 'rrset',
    address,
    name: `${name}/TXT`,
    labels: labelsOf(environment, address, 'environment'),
    spec: { zone, name, type: 'TXT', ttlSeconds, records },
    dependsOn: [],
    fingerprint: '',
    scope: 'environment',
  };
};

const landed = async (cloud: CloudApi, clock: Clock, ids: readonly number[]): Promise<void> => {
  const end = clock.now() + landedWithinMs;
  for (;;) {
    if (ids.length === 0) return;
    const actions = await cloud.actions(ids);
    const failed = actions.find(({ status }) => status === 'error');
    if (failed !== undefined)
      throw new Failure(`Hetzner could not change a TXT record: ${failed.error?.message ?? failed.command}`);
    if (actions.every(({ status }) => status === 'success')) return;
    if (clock.now() >= end) throw new Failure(`Hetzner took more than ${landedWithinMs / 1000} s to change a record`);
    await clock.sleep(pollMs);
  }
};
