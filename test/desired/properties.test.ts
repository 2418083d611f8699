import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { retiredServerTypes, serverTypes } from '../../src/config/catalogue.ts';
import { isAddress } from '../../src/domain/address.ts';
import { containsCidr, parseCidr } from '../../src/domain/ip.ts';
import { addressToLabel } from '../../src/domain/labels.ts';
import type { AnyResource } from '../../src/domain/resource.ts';
import { userDataBytesMax } from '../../src/render/user-data.ts';
import { filesOf } from '../render/kit.ts';
import { desired, environmentOf } from './inputs.ts';

const word = (max: number) => fc.stringMatching(new RegExp(`^[a-z][a-z0-9]{0,${max - 2}}[a-z0-9]?$`));
const x86 = [...serverTypes, ...retiredServerTypes].filter((type) => !type.startsWith('cax'));
const arm = serverTypes.filter((type) => type.startsWith('cax'));

/** Files that `loadProject` takes, with everything varied that names, addresses and user data depend on. */
const projects = fc
  .record({
    project: word(40),
    zone: fc.tuple(word(10), word(5)).map((parts) => parts.join('.')),
    below: fc.option(word(12), { nil: undefined }),
    withZone: fc.boolean(),
    count: fc.constantFrom(1, 3, 5),
    types: fc.oneof(
      fc.uniqueArray(fc.constantFrom(...x86), { minLength: 1, maxLength: 4 }),
      fc.uniqueArray(fc.constantFrom(...arm), { minLength: 1, maxLength: 4 }),
    ),
    ingress: fc.constantFrom('load-balancer', 'dns'),
    image: fc.constantFrom('debian-12', 'ubuntu-24.04'),
    nomad: fc.constantFrom('1.9.7', '1.10.5', '2.0.4'),
    second: fc.integer({ min: 0, max: 250 }),
    labels: fc.dictionary(word(20), word(30), { maxKeys: 3 }),
    pullRequest: fc.integer({ min: 1, max: 9_999_999 }),
  })
  .filter(({ labels }) => !['project', 'environment', 'address', 'run'].some((key) => key in labels))
  .map((given) => ({ ...given, text: fileOf(given) }));

const fileOf = (given: {
  project: string;
  zone: string;
  below: string | undefined;
  withZone: boolean;
  count: number;
  types: readonly string[];
  ingress: string;
  image: string;
  nomad: string;
  second: number;
  labels: Record<string, string>;
}): string =>
  stringify({
    project: given.project,
    domain: given.below === undefined ? given.zone : `${given.below}.${given.zone}`,
    ...(given.withZone && { dns: { zone: given.zone } }),
    versions: { nomad: given.nomad },
    defaults: {
      servers: { types: given.types, image: given.image },
      labels: given.labels,
      jobs: [
        { name: 'web', file: 'jobs/web.nomad.hcl', image: 'shop/web:1', port: 8080, routes: ['/'] },
        { name: 'server', file: 'jobs/server.nomad.hcl', image: 'shop/api:1', port: 3000, routes: ['/api'] },
      ],
    },
    environments: {
      production: {
        ingress: given.ingress,
        servers: { count: given.count },
        network: { range: `10.${given.second}.0.0/16`, subnet: `10.${given.second}.7.0/24` },
      },
      pr: { network: { range: '192.168.0.0/16', subnet: '192.168.1.0/24' } },
    },
  });

const states = projects.map(({ text, pullRequest }) =>
  [environmentOf({ type: 'production' }, text), environmentOf({ type: 'pr', pullRequest }, text)].map(
    (environment) => ({
      environment,
      state: desired(environment),
    }),
  ),
);

/** docs.hetzner.cloud: RFC 1123 host names, 1-128 characters elsewhere, labels of at most 63 characters. */
const breaksNameRules = ({ kind, name, labels }: AnyResource): boolean =>
  (kind === 'server' && !/^(?=.{1,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name)) ||
  (kind !== 'job' && kind !== 'rrset' && (name.length > 128 || name !== name.trim() || name === '')) ||
  Object.entries(labels).some(
    ([key, value]) =>
      !/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(key) ||
      !/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(value),
  );

test('whatever valid file: names and labels pass the rules of Hetzner', () => {
  fc.assert(
    fc.property(states, (both) => {
      for (const { state } of both) expect(state.resources.filter(breaksNameRules)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('addresses are unique, also as labels; what a resource depends on or refers to is there', () => {
  fc.assert(
    fc.property(states, (both) => {
      for (const { state } of both) {
        const addresses = state.resources.map(({ address }) => address);
        expect(addresses.every(isAddress)).toBe(true);
        expect(new Set(addresses.map(addressToLabel)).size).toBe(addresses.length);
        for (const one of state.resources) {
          expect(addresses).toEqual(expect.arrayContaining([...one.dependsOn]));
          const refs = [...JSON.stringify(one.spec).matchAll(/"ref":"([^"]+)"/g)].map((match) => match[1]);
          expect([...one.dependsOn] as (string | undefined)[]).toEqual(expect.arrayContaining([...new Set(refs)]));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('no two environments share a name per kind, except what is shared on purpose', () => {
  fc.assert(
    fc.property(states, (both) => {
      const names = both.flatMap(({ state }) =>
        state.resources
          .filter(({ scope, kind }) => scope === 'environment' && kind !== 'job')
          .map((one) => `${one.kind} ${one.name}`),
      );
      expect(new Set(names).size).toBe(names.length);
    }),
    { numRuns: 60 },
  );
});

test('user data fits, parses as YAML, and writes what the cluster needs; private addresses lie in the subnet', () => {
  fc.assert(
    fc.property(states, (both) => {
      for (const { environment, state } of both) {
        const subnet = parseCidr(environment.network.subnet);
        const used = new Set<string>();
        for (const one of state.resources) {
          if (one.kind !== 'server') continue;
          const { userData, privateIp } = one.spec;
          expect(userData.startsWith('#cloud-config\n')).toBe(true);
          expect(Buffer.byteLength(userData)).toBeLessThanOrEqual(userDataBytesMax);
          const files = new Map(Object.entries(filesOf(userData)));
          expect(files.get('/etc/consul.d/consul.hcl')).toContain(`bootstrap_expect = ${environment.servers.count}\n`);
          expect(files.get('/etc/consul.d/consul.hcl')).toContain(`node_name          = "${one.name}"\n`);
          expect(files.get('/etc/nomad.d/nomad.hcl')).toContain(`bind_addr = "${privateIp}"\n`);
          expect(userData).not.toMatch(/undefined|\[object/);
          const host = parseCidr(`${privateIp}/32`);
          expect(subnet !== undefined && host !== undefined && containsCidr(subnet, host)).toBe(true);
          used.add(privateIp);
        }
        expect(used.size).toBe(environment.servers.count);
      }
    }),
    { numRuns: 40 },
  );
});
